// The lines of a graph that has too many of them to be drawn one by one whenever something changes or moves: a worker draws them all
// into a picture, which lies under cytoscape's canvas and is moved with the view until the next one is there.
import type { Core, SingularElementReturnValue } from 'cytoscape';
import type { LineJob, LinePicture } from '../lines-worker';
import { covers, type Found, lineAt, shift, type Sight, withMargin } from './lines';
import type { Point } from './types';

/** So near to a line, in pixels, is on it. */
const reach = 6;

/** What of cytoscape's renderer is stood in for. It has no public way to leave elements to somebody else and still find them under the pointer. */
interface Renderer {
  drawLayeredElements(context: CanvasRenderingContext2D, elements: SingularElementReturnValue[], ratio: number, extent: unknown): void;
  drawCachedElements(context: CanvasRenderingContext2D, elements: SingularElementReturnValue[], ratio: number, extent: unknown): void;
}

export class Linework {
  readonly #cy: Core;
  readonly #canvas: HTMLCanvasElement;
  readonly #collect: () => Found;
  readonly #script: string;
  readonly #giveUp: () => void;
  /** None before there are many lines. */
  #worker: Worker | null = null;
  #on = false;
  #many = false;
  /** The worker did not start, or broke: cytoscape draws, as slowly as it is. */
  #broken = false;
  #changed = true;
  #busy = false;
  #queued = false;
  #drawn: Sight | null = null;
  #found: Found | null = null;

  /**
   * @param collect the lines of all edges but loops, those that cytoscape draws undrawn.
   * @param giveUp called when cytoscape has to draw them all after all.
   */
  constructor(cy: Core, host: HTMLElement, script: string, collect: () => Found, giveUp: () => void) {
    this.#cy = cy;
    this.#collect = collect;
    this.#script = script;
    this.#giveUp = giveUp;
    this.#canvas = document.createElement('canvas');
    this.#canvas.className = 'graph-lines';
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#canvas.hidden = true;
    host.prepend(this.#canvas);
    const renderer = (cy as unknown as { renderer(): Renderer }).renderer();
    const layered = renderer.drawLayeredElements.bind(renderer);
    // Layers are for thousands of edges; what is left is drawn faster as it is.
    renderer.drawLayeredElements = (context, elements, ratio, extent) => {
      if (this.#on) renderer.drawCachedElements(context, elements, ratio, extent);
      else layered(context, elements, ratio, extent);
    };
    cy.on('render', () => this.#follow());
    cy.on('position', 'node', () => this.change());
  }

  /** Whether the lines are drawn here and not by cytoscape. */
  get on(): boolean {
    return this.#on;
  }

  /** So many that they are not left to cytoscape. */
  set many(many: boolean) {
    this.#many = many;
    const on = many && !this.#broken;
    if (on === this.#on) return;
    this.#on = on;
    this.#canvas.hidden = !on;
    if (on) this.#worker ??= this.#start();
    this.change();
    this.#cy.forceRender();
  }

  #start(): Worker {
    const worker = new Worker(this.#script);
    worker.addEventListener('message', ({ data }: MessageEvent<LinePicture>) => this.#show(data));
    worker.addEventListener('error', () => {
      this.#broken = true;
      this.many = this.#many;
      this.#giveUp();
    });
    return worker;
  }

  /** Lines came, went, moved or look different. */
  change(): void {
    this.#changed = true;
    this.#found = null;
    if (this.#on) this.#soon();
  }

  /** The edge under a point of the graph, where there are too many to be looked for by cytoscape. */
  edgeAt(at: Point): string | null {
    if (!this.#many) return null;
    this.#found ??= this.#collect();
    return lineAt(this.#found, at, reach / this.#cy.zoom());
  }

  remove(): void {
    this.#worker?.terminate();
    this.#canvas.remove();
  }

  #sight(): Sight {
    const { x, y } = this.#cy.pan();
    return { zoom: this.#cy.zoom(), x, y, width: this.#cy.width(), height: this.#cy.height() };
  }

  /** Moves the picture that is there along with the view, and asks for another where it does not reach. */
  #follow(): void {
    if (!this.#on || this.#drawn === null) return;
    const now = this.#sight();
    const { x, y, scale } = shift(this.#drawn, now);
    this.#canvas.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    if (!covers(this.#drawn, now)) this.#soon();
  }

  #soon(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#ask();
    });
  }

  /** One picture at a time: what changes meanwhile is in the next. */
  #ask(): void {
    const now = this.#sight();
    if (this.#busy || !this.#on || now.width === 0 || now.height === 0) return;
    if (!this.#changed && this.#drawn !== null && covers(this.#drawn, now)) return;
    this.#found ??= this.#collect();
    // Of nothing there is no picture.
    this.#canvas.hidden = this.#found.lines.looks.length === 0;
    if (this.#canvas.hidden) return;
    const job: LineJob = { sight: withMargin(now), ratio: window.devicePixelRatio || 1, ...(this.#changed ? { lines: this.#found.lines } : {}) };
    this.#changed = false;
    this.#busy = true;
    this.#worker?.postMessage(job);
  }

  #show({ sight, picture }: LinePicture): void {
    this.#busy = false;
    this.#drawn = sight;
    this.#canvas.style.width = `${sight.width}px`;
    this.#canvas.style.height = `${sight.height}px`;
    this.#canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(picture);
    this.#follow();
    if (this.#changed) this.#soon();
  }
}
