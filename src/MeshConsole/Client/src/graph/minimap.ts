// A small map of the whole graph with a frame around what is in sight: dragged, pressed or moved by arrow keys it moves the view.
import type { Core } from 'cytoscape';
import { healthColour, type Palette } from './palette';
import type { Health, Point } from './types';

export interface Extent {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** How the whole graph lies in a map of this size. */
export function mapOf(whole: Extent, size: { width: number; height: number }): { scale: number; x: number; y: number } {
  const [w, h] = [Math.max(1, whole.x2 - whole.x1), Math.max(1, whole.y2 - whole.y1)];
  const scale = Math.min((size.width - 8) / w, (size.height - 8) / h);
  return { scale, x: (size.width - w * scale) / 2 - whole.x1 * scale, y: (size.height - h * scale) / 2 - whole.y1 * scale };
}

/** The pan that brings a point of the graph to the middle of the canvas. */
export function panTo(at: Point, zoom: number, canvas: { width: number; height: number }): Point {
  return { x: canvas.width / 2 - at.x * zoom, y: canvas.height / 2 - at.y * zoom };
}

const size = { width: 176, height: 112 };
const openKey = 'meshconsole.map';

/** Drawing the map costs as much as there are nodes: no more often than this. */
const every = 120;

export class Minimap {
  readonly #cy: Core;
  readonly #frame: HTMLDetailsElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #room: boolean;
  /** What the reader chose; null for as it is needed. */
  #chosen: boolean | null;
  #timer = 0;
  #last = 0;
  palette: Palette;

  constructor(cy: Core, host: HTMLElement, palette: Palette) {
    this.#cy = cy;
    this.palette = palette;
    this.#frame = document.createElement('details');
    this.#frame.className = 'graph-map';
    this.#chosen = keptChoice();
    // On a phone it would cover the graph.
    this.#room = host.clientWidth > 760;
    this.#frame.open = this.#chosen ?? false;
    this.#canvas = Object.assign(document.createElement('canvas'), { tabIndex: 0 });
    this.#canvas.setAttribute('role', 'application');
    this.#canvas.setAttribute('aria-label', 'Map of the whole graph. Arrow keys move the part that is in sight.');
    this.#canvas.style.width = `${size.width}px`;
    this.#canvas.style.height = `${size.height}px`;
    const title = Object.assign(document.createElement('summary'), { textContent: 'Map' });
    this.#frame.append(title, this.#canvas);
    host.append(this.#frame);
    title.addEventListener('click', () => {
      this.#chosen = !this.#frame.open;
      keepChoice(this.#chosen);
    });
    this.#frame.addEventListener('toggle', () => this.refresh());
    this.#canvas.addEventListener('pointerdown', event => {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#to(event);
    });
    this.#canvas.addEventListener('pointermove', event => {
      if (this.#canvas.hasPointerCapture(event.pointerId)) this.#to(event);
    });
    this.#canvas.addEventListener('keydown', event => this.#key(event));
    cy.on('render', () => this.refresh());
  }

  refresh(): void {
    if (this.#timer !== 0 || (!this.#frame.open && (this.#chosen !== null || !this.#room))) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#last = performance.now();
      this.#draw();
    }, Math.max(0, every - (performance.now() - this.#last))) as unknown as number;
  }

  remove(): void {
    clearTimeout(this.#timer);
    this.#frame.remove();
  }

  #whole(): Extent {
    const whole: Extent = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
    this.#cy.nodes().forEach(node => {
      if (node.hasClass('hidden')) return;
      const at = node.position();
      const half = (node.data('width') as number) / 2;
      whole.x1 = Math.min(whole.x1, at.x - half);
      whole.x2 = Math.max(whole.x2, at.x + half);
      whole.y1 = Math.min(whole.y1, at.y - 21);
      whole.y2 = Math.max(whole.y2, at.y + 21);
    });
    return whole;
  }

  #draw(): void {
    if (this.#cy.destroyed()) return;
    const whole = this.#whole();
    const sight = this.#cy.extent();
    // A map of what is in sight anyway would only lie upon it. Nobody has it folded away under the hand.
    if (this.#chosen === null && this.#room && document.activeElement !== this.#canvas) this.#frame.open = exceeds(whole, sight);
    if (!this.#frame.open) return;
    const ratio = window.devicePixelRatio || 1;
    [this.#canvas.width, this.#canvas.height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    const context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
    context.scale(ratio, ratio);
    if (!Number.isFinite(whole.x1)) return;
    const { scale, x, y } = mapOf(whole, size);
    this.#cy.nodes().forEach(node => {
      if (node.hasClass('hidden')) return;
      const at = node.position();
      const [w, h] = [Math.max(2, (node.data('width') as number) * scale), Math.max(2, 42 * scale)];
      const health = node.data('health') as Health;
      context.fillStyle = health === 'failing' || health === 'degraded' ? healthColour(health, this.palette) : this.palette.lineStrong;
      // What is not well is larger too, and not only in another colour.
      const more = health === 'failing' ? 1.5 : health === 'degraded' ? 0.75 : 0;
      context.fillRect(at.x * scale + x - w / 2 - more, at.y * scale + y - h / 2 - more, w + 2 * more, h + 2 * more);
    });
    const [left, top] = [Math.max(1, sight.x1 * scale + x), Math.max(1, sight.y1 * scale + y)];
    const [right, bottom] = [Math.min(size.width - 1, sight.x2 * scale + x), Math.min(size.height - 1, sight.y2 * scale + y)];
    context.strokeStyle = this.palette.primary;
    context.lineWidth = 1.5;
    context.strokeRect(left, top, Math.max(3, right - left), Math.max(3, bottom - top));
  }

  #to(event: PointerEvent): void {
    const { scale, x, y } = mapOf(this.#whole(), size);
    const box = this.#canvas.getBoundingClientRect();
    const at = { x: (event.clientX - box.x - x) / scale, y: (event.clientY - box.y - y) / scale };
    if (Number.isFinite(at.x) && Number.isFinite(at.y)) this.#cy.pan(panTo(at, this.#cy.zoom(), { width: this.#cy.width(), height: this.#cy.height() }));
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    this.#cy.panBy({ x: ((step[0] as number) * this.#cy.width()) / 5, y: ((step[1] as number) * this.#cy.height()) / 5 });
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Whether a part of the graph is out of sight. */
export function exceeds(whole: Extent, sight: Extent): boolean {
  return whole.x1 < sight.x1 || whole.x2 > sight.x2 || whole.y1 < sight.y1 || whole.y2 > sight.y2;
}

function keptChoice(): boolean | null {
  try {
    const kept = localStorage.getItem(openKey);
    return kept === null ? null : kept === 'open';
  } catch {
    // Storage is switched off: as if nothing had been chosen.
    return null;
  }
}

function keepChoice(open: boolean): void {
  try {
    localStorage.setItem(openKey, open ? 'open' : 'closed');
  } catch {
    // As above.
  }
}
