// What is drawn around the graph on canvases of our own: boxes of namespaces under it, locks on edges above it.
import type { Core, EdgeSingular } from 'cytoscape';
import type { Palette } from './palette';
import { middle } from './appearance';
import type { MtlsState } from './types';

/** From this many edges on, only what needs attention gets its lock. */
const everyLockUpTo = 300;

export class Overlay {
  readonly #cy: Core;
  readonly #under: HTMLCanvasElement;
  readonly #over: HTMLCanvasElement;
  #queued = false;
  palette: Palette;
  /** Whether nodes are grouped into boxes; at the level of namespaces they are not. */
  boxes = true;

  constructor(cy: Core, host: HTMLElement, palette: Palette) {
    this.#cy = cy;
    this.palette = palette;
    this.#under = canvas('graph-under');
    this.#over = canvas('graph-over');
    host.prepend(this.#under);
    host.append(this.#over);
    cy.on('render', () => this.#draw());
  }

  /** Draws again when only our own parts changed. */
  refresh(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  remove(): void {
    this.#under.remove();
    this.#over.remove();
  }

  #draw(): void {
    const { width, height } = { width: this.#cy.width(), height: this.#cy.height() };
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const under = prepare(this.#under, width, height, ratio);
    const over = prepare(this.#over, width, height, ratio);
    const zoom = this.#cy.zoom();
    const pan = this.#cy.pan();
    for (const context of [under, over]) {
      context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * pan.x, ratio * pan.y);
    }
    if (this.boxes) this.#drawBoxes(under, zoom);
    if (zoom > 0.28) this.#drawLocks(over, zoom);
  }

  #drawBoxes(context: CanvasRenderingContext2D, zoom: number): void {
    const boxes = new Map<string, { x1: number; y1: number; x2: number; y2: number; title: string }>();
    this.#cy.nodes().forEach(node => {
      const namespace = node.data('namespace') as string;
      if (namespace === 'unknown' || node.hasClass('hidden')) return;
      const key = `${node.data('cluster') as string}/${namespace}`;
      const at = node.position();
      const [w, h] = [(node.data('width') as number) / 2, (node.data('height') as number) / 2];
      const box = boxes.get(key);
      if (box) {
        box.x1 = Math.min(box.x1, at.x - w);
        box.y1 = Math.min(box.y1, at.y - h);
        box.x2 = Math.max(box.x2, at.x + w);
        box.y2 = Math.max(box.y2, at.y + h);
      } else {
        boxes.set(key, { x1: at.x - w, y1: at.y - h, x2: at.x + w, y2: at.y + h, title: namespace });
      }
    });
    // The names of boxes keep a readable size when one zooms out.
    const size = Math.min(64, Math.max(12, 12 / Math.max(zoom, 0.12)));
    context.font = `600 ${size}px ${this.palette.font}`;
    context.textBaseline = 'bottom';
    for (const box of boxes.values()) {
      const [x, y, w, h] = [box.x1 - 14, box.y1 - 30, box.x2 - box.x1 + 28, box.y2 - box.y1 + 44];
      context.beginPath();
      context.roundRect(x, y, w, h, 6);
      context.fillStyle = this.palette.box;
      context.fill();
      context.lineWidth = 1 / Math.max(zoom, 0.4);
      context.strokeStyle = this.palette.boxLine;
      context.stroke();
      context.fillStyle = this.palette.quiet;
      const title = middle(box.title, 32);
      if (size > 14) context.fillText(title, x + 2, y - 2, Math.max(w * 1.4, 60));
      else {
        context.textBaseline = 'top';
        context.fillText(title, x + 10, y + 7, w - 20);
        context.textBaseline = 'bottom';
      }
    }
  }

  #drawLocks(context: CanvasRenderingContext2D, zoom: number): void {
    const edges = this.#cy.edges();
    const all = edges.length <= everyLockUpTo && zoom > 0.55;
    const extent = this.#cy.extent();
    edges.forEach(edge => {
      const state = edge.data('mtls') as MtlsState;
      if (state === 'idle' || edge.hasClass('hidden') || edge.hasClass('faded')) return;
      if (!all && state !== 'plaintext' && state !== 'mixed') return;
      const at = lockPlace(edge);
      if (!at || at.x < extent.x1 || at.x > extent.x2 || at.y < extent.y1 || at.y > extent.y2) return;
      drawLock(context, at.x, at.y, state, this.palette);
    });
  }
}

function lockPlace(edge: EdgeSingular): { x: number; y: number } | null {
  // Not at the middle, where the label stands.
  const [source, target] = [edge.sourceEndpoint(), edge.targetEndpoint()];
  if (!Number.isFinite(source.x) || !Number.isFinite(target.x)) return null;
  if (edge.isLoop()) return edge.midpoint();
  const middlePoint = edge.midpoint();
  // On the curve between source and middle: a quadratic through the middle, at a quarter of the way.
  const cx = 2 * middlePoint.x - (source.x + target.x) / 2;
  const cy = 2 * middlePoint.y - (source.y + target.y) / 2;
  const t = 0.26;
  return {
    x: (1 - t) ** 2 * source.x + 2 * t * (1 - t) * cx + t * t * target.x,
    y: (1 - t) ** 2 * source.y + 2 * t * (1 - t) * cy + t * t * target.y,
  };
}

/** Closed: mutual. Open: plaintext. Half filled: mixed. Dashed: unknown. */
export function drawLock(context: CanvasRenderingContext2D, x: number, y: number, state: MtlsState, palette: Palette): void {
  context.save();
  context.translate(x, y);
  context.beginPath();
  context.arc(0, 0, 8.5, 0, Math.PI * 2);
  context.fillStyle = palette.page;
  context.fill();
  context.lineWidth = 1.4;
  const colour = state === 'plaintext' ? palette.bad : state === 'mixed' ? palette.warn : state === 'mutual' ? palette.good : palette.idle;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  if (state === 'unknown') context.setLineDash([1.8, 1.4]);
  context.beginPath();
  if (state === 'plaintext') {
    context.moveTo(-2.6, -1);
    context.lineTo(-2.6, -2.6);
    context.arc(0, -2.6, 2.6, Math.PI, Math.PI * 1.9);
  } else {
    context.moveTo(-2.6, -1);
    context.lineTo(-2.6, -2.4);
    context.arc(0, -2.4, 2.6, Math.PI, 0);
    context.lineTo(2.6, -1);
  }
  context.stroke();
  context.beginPath();
  context.rect(-4, -1, 8, 5.6);
  if (state === 'mutual') context.fill();
  context.stroke();
  if (state === 'mixed') context.fillRect(-4, 1.8, 8, 2.8);
  context.restore();
}

function canvas(name: string): HTMLCanvasElement {
  const element = document.createElement('canvas');
  element.className = name;
  element.setAttribute('aria-hidden', 'true');
  return element;
}

function prepare(element: HTMLCanvasElement, width: number, height: number, ratio: number): CanvasRenderingContext2D {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (element.width !== w || element.height !== h) {
    element.width = w;
    element.height = h;
  }
  const context = element.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, w, h);
  return context;
}
