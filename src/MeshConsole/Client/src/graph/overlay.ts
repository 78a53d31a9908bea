// What is drawn around the graph on canvases of our own: boxes of namespaces under it, words of nodes and edges and locks above it.
// Words are here and not in the graph itself because they change with every refresh: there a changed word would draw the node and
// all of its edges again.
import type { Core } from 'cytoscape';
import { type ChipWish, placeChips, type Rect } from './chips';
import type { Palette } from './palette';
import { middle } from './appearance';
import type { MtlsState, Point } from './types';

/** From this many edges on, only what needs attention or is chosen gets words and locks. */
const everyChipUpTo = 300;

const lockRoom = 16;
const chipHeight = 15;
const fontSize = 10.5;

/** Under this zoom the words of nodes could not be read and are left out. */
const readableFrom = 0.4;

/** Up to this many nodes keep their names in a readable size when one zooms out: a picture of nameless boxes says nothing. */
const namesUpTo = 80;

/** Room at a node's left edge for the mark of its health. */
const markRoom = 28;

/** What to write where, asked for whenever it is drawn. */
export interface Words {
  node(id: string): { title: string; detail: string; kind: string } | undefined;
  edge(id: string): string;
}

interface Chip {
  at: Point;
  text: string;
  state: MtlsState;
  width: number;
}

export class Overlay {
  readonly #cy: Core;
  readonly #under: HTMLCanvasElement;
  readonly #over: HTMLCanvasElement;
  readonly #words: Words;
  #queued = false;
  #chips: Chip[] | null = null;
  palette: Palette;
  /** Whether nodes are grouped into boxes; at the level of namespaces they are not. */
  boxes = true;

  constructor(cy: Core, host: HTMLElement, palette: Palette, words: Words) {
    this.#cy = cy;
    this.#words = words;
    this.palette = palette;
    this.#under = canvas('graph-under');
    this.#over = canvas('graph-over');
    host.prepend(this.#under);
    host.append(this.#over);
    cy.on('render', () => this.#draw());
    cy.on('position data', () => this.rearrange());
  }

  /** Finds places for words and locks anew before the next drawing. */
  rearrange(): void {
    this.#chips = null;
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
    if (zoom >= readableFrom) this.#drawNodeWords(over);
    else if (this.#cy.nodes().length <= namesUpTo) this.#drawNodeNames(over, zoom);
    if (zoom > 0.3) this.#drawChips(over, zoom);
  }

  #drawNodeWords(context: CanvasRenderingContext2D): void {
    const extent = this.#cy.extent();
    context.textBaseline = 'middle';
    this.#cy.nodes().forEach(node => {
      const at = node.position();
      const width = node.data('width') as number;
      if (at.x + width / 2 < extent.x1 || at.x - width / 2 > extent.x2 || at.y + 30 < extent.y1 || at.y - 30 > extent.y2 || node.hasClass('hidden')) return;
      const words = this.#words.node(node.id());
      if (!words) return;
      const [x, room] = [at.x - width / 2 + markRoom, width - markRoom - 8];
      context.globalAlpha = node.hasClass('faded') ? 0.16 : 1;
      context.font = `${words.kind === 'namespace' ? '600 ' : ''}12.5px ${this.palette.font}`;
      context.fillStyle = words.kind === 'external' || words.kind === 'unknown' ? this.palette.quiet : this.palette.text;
      context.fillText(words.title, x, words.detail ? at.y - 7.5 : at.y, room);
      if (words.detail) {
        context.font = `11.5px ${this.palette.font}`;
        context.fillStyle = this.palette.quiet;
        context.fillText(words.detail, x, at.y + 8.5, room);
      }
    });
    context.globalAlpha = 1;
  }

  /** Names alone, as large on the screen as ever, beside boxes that have become too small to hold them. */
  #drawNodeNames(context: CanvasRenderingContext2D, zoom: number): void {
    const size = 11 / zoom;
    context.font = `600 ${size}px ${this.palette.font}`;
    context.textBaseline = 'middle';
    context.textAlign = 'center';
    this.#cy.nodes().forEach(node => {
      const words = node.hasClass('hidden') ? undefined : this.#words.node(node.id());
      if (!words) return;
      const at = node.position();
      const health = node.data('health') as string;
      // The name stands on the box and its mark: what is not well says so in a sign too, and not in colour alone.
      const name = `${health === 'failing' ? '✕ ' : health === 'degraded' ? '! ' : ''}${words.title}`;
      const width = context.measureText(name).width + size;
      context.globalAlpha = node.hasClass('faded') ? 0.16 : 0.92;
      context.fillStyle = this.palette.page;
      context.beginPath();
      context.roundRect(at.x - width / 2, at.y - size * 0.7, width, size * 1.4, size * 0.3);
      context.fill();
      context.globalAlpha = node.hasClass('faded') ? 0.16 : 1;
      context.fillStyle = health === 'failing' ? this.palette.bad : health === 'degraded' ? this.palette.warn : this.palette.text;
      context.fillText(name, at.x, at.y);
    });
    context.globalAlpha = 1;
    context.textAlign = 'start';
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

  #drawChips(context: CanvasRenderingContext2D, zoom: number): void {
    this.#chips ??= this.#arrangeChips(context);
    const extent = this.#cy.extent();
    context.font = `${fontSize}px ${this.palette.font}`;
    context.textBaseline = 'middle';
    for (const { at, text, state, width } of this.#chips) {
      if (at.x + width < extent.x1 || at.x - width > extent.x2 || at.y < extent.y1 - 20 || at.y > extent.y2 + 20) continue;
      const locked = state !== 'idle';
      // Far away, words are specks: only the locks that warn are drawn.
      const far = zoom < 0.5;
      if (far && state !== 'plaintext' && state !== 'mixed') continue;
      context.fillStyle = this.palette.page;
      context.globalAlpha = 0.9;
      context.beginPath();
      context.roundRect(at.x - width / 2, at.y - chipHeight / 2, width, chipHeight, 4);
      context.fill();
      context.globalAlpha = 1;
      if (locked) drawLock(context, text ? at.x - width / 2 + lockRoom / 2 : at.x, at.y, state, this.palette);
      if (text && !far) {
        context.fillStyle = this.palette.text;
        context.fillText(text, at.x - width / 2 + (locked ? lockRoom : 3), at.y + 0.5);
      }
    }
  }

  #arrangeChips(context: CanvasRenderingContext2D): Chip[] {
    const cy = this.#cy;
    const all = cy.edges().length <= everyChipUpTo;
    context.font = `${fontSize}px ${this.palette.font}`;
    const nodes: Rect[] = [];
    cy.nodes().forEach(node => {
      if (node.hasClass('hidden')) return;
      const at = node.position();
      const [w, h] = [(node.data('width') as number) / 2, (node.data('height') as number) / 2];
      nodes.push({ x1: at.x - w, y1: at.y - h, x2: at.x + w, y2: at.y + h });
    });
    const chips = new Map<string, Omit<Chip, 'at'>>();
    const wishes: ChipWish[] = [];
    cy.edges().forEach(edge => {
      const state = edge.data('mtls') as MtlsState;
      const chosen = edge.hasClass('near') || edge.hasClass('selected');
      const warns = state === 'plaintext' || state === 'mixed' || edge.data('health') === 'failing' || edge.data('health') === 'degraded';
      if (edge.hasClass('hidden') || edge.hasClass('faded') || edge.isLoop() || (!all && !warns && !chosen)) return;
      const text = this.#words.edge(edge.id());
      if (state === 'idle' && text === '') return;
      const [from, through, to] = [edge.sourceEndpoint(), edge.midpoint(), edge.targetEndpoint()];
      if (!Number.isFinite(from.x) || !Number.isFinite(through.x) || !Number.isFinite(to.x)) return;
      const width = (state === 'idle' ? 0 : lockRoom) + (text ? context.measureText(text).width + 5 : 0);
      chips.set(edge.id(), { text, state, width });
      wishes.push({ key: edge.id(), from, through, to, width, height: chipHeight, priority: (chosen ? 1e9 : 0) + (warns ? 1e6 : 0) + (edge.data('width') as number) });
    });
    return [...placeChips(wishes, nodes)].map(([key, at]) => ({ at, ...(chips.get(key) as Omit<Chip, 'at'>) }));
  }
}

/** Closed: mutual. Open: plaintext. Half filled: mixed. Dashed: unknown. */
export function drawLock(context: CanvasRenderingContext2D, x: number, y: number, state: MtlsState, palette: Palette): void {
  context.save();
  context.translate(x, y + 0.5);
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
