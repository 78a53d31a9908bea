// What is drawn around the graph on canvases of our own: boxes of namespaces under it, words of nodes and edges and locks above it.
// Words are here and not in the graph itself because they change with every refresh: there a changed word would draw the node and
// all of its edges again.
import type { Core } from 'cytoscape';
import { badgeSize, drawBadges, isNotable } from './badges';
import { type ChipWish, placeChips, type Rect, withRoom } from './chips';
import { bounded, dotsAt, type Stream } from './flow';
import { type Framed, framesOf } from './frames';
import type { Palette } from './palette';
import { middle } from './appearance';
import type { Badge, Health, MtlsState, Point } from './types';

/** From this many edges on, only what needs attention or is chosen gets words and locks. */
const everyChipUpTo = 300;

const lockRoom = 16;
const chipHeight = 15;
const lineHeight = 12.5;
const fontSize = 10.5;

/** Under this zoom the words of nodes could not be read and are left out. */
const readableFrom = 0.4;

/** Under this zoom only badges that are out of the ordinary are drawn: the others are specks that every second node has. */
const commonFrom = 0.75;

/** Up to this many nodes keep their names in a readable size when one zooms out: a picture of nameless boxes says nothing. */
const namesUpTo = 80;

/** Room at a node's left edge for the mark of its health. */
const markRoom = 28;

/** What to write where, asked for whenever it is drawn. */
export interface Words {
  node(id: string): NodeWords | undefined;
  /** Among many edges it is not cytoscape that knows them. */
  edges(): Iterable<EdgeInSight>;
}

export interface Curve {
  from: Point;
  through: Point;
  to: Point;
}

export interface EdgeInSight {
  id: string;
  look: { health: Health; mtls: MtlsState; width: number };
  /** Middles of the nodes at its ends. */
  from: Point;
  to: Point;
  /** It, or a node at its end, is selected. */
  chosen: boolean;
  /** Requests, or connections, per second. */
  perSecond: number;
  errorRatio: number;
  lines(): string[];
  /** Where it lies: null where an end is not on the canvas yet. Asking for the ends of a curve is dear. */
  curve(): Curve | null;
}

export interface NodeWords {
  title: string;
  detail: string;
  kind: string;
  badges: Badge[];
  /** Its place by what was chosen; null for none. */
  rank: number | null;
}

interface Chip {
  at: Point;
  lines: string[];
  state: MtlsState;
  width: number;
  height: number;
}

/** Dots are drawn this often at most: more cannot be told apart, and costs twice as much. */
const frame = 1000 / 30;

export class Overlay {
  readonly #cy: Core;
  readonly #under: HTMLCanvasElement;
  readonly #over: HTMLCanvasElement;
  readonly #words: Words;
  #queued = false;
  #chips: Chip[] | null = null;
  /** Where names stand that are larger than their nodes, in the coordinates of the graph. */
  #names: Rect[] = [];
  palette: Palette;
  /** Whether nodes are grouped into boxes; at the level of namespaces they are not. */
  boxes = true;
  /** Kinds of nodes that are not what the view is about: their names are quieter. */
  aside: ReadonlySet<string> = new Set();
  /** What can be pressed in a box's title to close it. */
  #titles: { key: string; x1: number; y1: number; x2: number; y2: number }[] = [];
  #flow: HTMLCanvasElement | null = null;
  #flowFrame = 0;
  #flowDrawn = 0;
  #flowBlank = true;
  #streams: Stream[] | null = null;
  /** Where nodes lie: dots go behind them, as their edges do. */
  #covered: Rect[] = [];
  readonly #onVisibility = () => this.#run();

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
    cy.on('viewport', () => {
      this.#streams = null;
    });
  }

  /** Finds places for words and locks anew before the next drawing. */
  rearrange(): void {
    this.#chips = null;
    this.#streams = null;
  }

  /** The box whose title is at a point of the graph. */
  titleAt(at: Point): string | null {
    return this.#titles.find(title => at.x >= title.x1 && at.x <= title.x2 && at.y >= title.y1 && at.y <= title.y2)?.key ?? null;
  }

  /** Moving dots. While they are off there is neither a canvas nor a timer for them. */
  set moving(on: boolean) {
    if (on === (this.#flow !== null)) return;
    if (on) {
      this.#flow = canvas('graph-flow');
      this.#under.after(this.#flow);
      document.addEventListener('visibilitychange', this.#onVisibility);
      this.#run();
    } else {
      cancelAnimationFrame(this.#flowFrame);
      this.#flowFrame = 0;
      this.#flow?.remove();
      this.#flow = null;
      this.#streams = null;
      document.removeEventListener('visibilitychange', this.#onVisibility);
    }
  }

  /** Runs while the page is in sight, and stands still while it is not. */
  #run(): void {
    cancelAnimationFrame(this.#flowFrame);
    this.#flowFrame = 0;
    if (this.#flow === null || document.hidden) return;
    const step = (now: number): void => {
      this.#flowFrame = requestAnimationFrame(step);
      if (now - this.#flowDrawn < frame - 2) return;
      this.#flowDrawn = now;
      this.#drawFlow(now / 1000);
    };
    this.#flowFrame = requestAnimationFrame(step);
  }

  #drawFlow(seconds: number): void {
    const [width, height, zoom, pan] = [this.#cy.width(), this.#cy.height(), this.#cy.zoom(), this.#cy.pan()];
    if (this.#flow === null || width === 0 || height === 0) return;
    // From farther away the dots of a whole mesh would be one grey mist: nothing is drawn, and not thirty times a second.
    const away = zoom < 0.3;
    if (away && this.#flowBlank) return;
    this.#flowBlank = away;
    const ratio = window.devicePixelRatio || 1;
    const context = prepare(this.#flow, width, height, ratio);
    if (away) return;
    context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * pan.x, ratio * pan.y);
    this.#streams ??= this.#streamsInSight();
    const size = 2.6 / Math.max(0.7, Math.min(1, zoom));
    context.strokeStyle = this.palette.page;
    context.lineWidth = 1;
    for (const stream of this.#streams) {
      for (const { at, failed } of dotsAt(stream, seconds)) {
        context.beginPath();
        if (failed) context.rect(at.x - size * 1.25, at.y - size * 1.25, size * 2.5, size * 2.5);
        else context.arc(at.x, at.y, size, 0, 2 * Math.PI);
        context.fillStyle = failed ? this.palette.bad : this.palette.good;
        context.fill();
        context.stroke();
      }
    }
    for (const { x1, y1, x2, y2 } of this.#covered) context.clearRect(x1, y1, x2 - x1, y2 - y1);
  }

  /** The edges in sight that get dots; worked out again when they move, change or are chosen, and not for every frame. */
  #streamsInSight(): Stream[] {
    const extent = this.#cy.extent();
    const streams: Stream[] = [];
    for (const { id, look, from, to, perSecond, errorRatio, curve } of this.#words.edges()) {
      if (look.health === 'idle' || Math.max(from.x, to.x) < extent.x1 || Math.min(from.x, to.x) > extent.x2 || Math.max(from.y, to.y) < extent.y1 || Math.min(from.y, to.y) > extent.y2) continue;
      const lies = curve();
      if (lies) streams.push({ key: id, ...lies, perSecond, errorRatio });
    }
    this.#covered = this.#nodeRects().filter(rect => rect.x1 < extent.x2 && rect.x2 > extent.x1 && rect.y1 < extent.y2 && rect.y2 > extent.y1);
    return bounded(streams);
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
    this.moving = false;
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
    if (this.boxes) this.#drawBoxes(under, over, zoom);
    else this.#titles = [];
    this.#names = [];
    if (zoom >= readableFrom) this.#drawNodeWords(over, zoom);
    else if (this.#cy.nodes().length <= namesUpTo) this.#drawNodeNames(over, zoom);
    if (zoom > 0.3) this.#drawChips(over, zoom);
  }

  #drawNodeWords(context: CanvasRenderingContext2D, zoom: number): void {
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
      context.fillStyle = this.aside.has(words.kind) ? this.palette.quiet : this.palette.text;
      context.fillText(words.title, x, words.detail ? at.y - 7.5 : at.y, room);
      if (words.detail) {
        context.font = `11.5px ${this.palette.font}`;
        context.fillStyle = this.palette.quiet;
        context.fillText(words.detail, x, at.y + 8.5, room);
      }
      const top = at.y - (node.data('height') as number) / 2;
      const fitting = Math.max(1, Math.floor((width - (words.rank === null ? 16 : 48)) / badgeSize));
      const badges = (zoom < commonFrom ? words.badges.filter(badge => isNotable(badge)) : words.badges).slice(0, fitting);
      if (badges.length > 0) drawBadges(context, at.x + width / 2 - 8, top - 3, badges, this.palette);
      if (words.rank !== null) this.#drawRank(context, at.x - width / 2 + 10, top - 3, words.rank);
    });
    context.globalAlpha = 1;
  }

  #drawRank(context: CanvasRenderingContext2D, x: number, y: number, rank: number): void {
    const text = `#${rank}`;
    context.font = `600 10.5px ${this.palette.font}`;
    const width = context.measureText(text).width + 8;
    context.beginPath();
    context.roundRect(x, y - badgeSize / 2, width, badgeSize, 4);
    context.fillStyle = this.palette.primary;
    context.fill();
    context.fillStyle = this.palette.page;
    context.fillText(text, x + 4, y + 0.5);
  }

  /**
   * Names alone, as large on the screen as ever, on nodes that have become too small to hold them. Where they would lie on each
   * other one moves aside; where there is no room either, what is chosen or not well has its name, and the others get theirs when
   * one zooms in.
   */
  #drawNodeNames(context: CanvasRenderingContext2D, zoom: number): void {
    const size = 11 / zoom;
    context.font = `600 ${size}px ${this.palette.font}`;
    context.textBaseline = 'middle';
    context.textAlign = 'center';
    const names: (Rect & { weight: number; name: string; aside: boolean; faded: boolean; health: string })[] = [];
    this.#cy.nodes().forEach(node => {
      const words = node.hasClass('hidden') ? undefined : this.#words.node(node.id());
      if (!words) return;
      const at = node.position();
      const health = node.data('health') as string;
      // The name stands on the box and its mark: what is not well says so in a sign too, and not in colour alone.
      const name = `${health === 'failing' ? '✕ ' : health === 'degraded' ? '! ' : ''}${words.title}`;
      const width = context.measureText(name).width + size;
      const chosen = node.hasClass('at') || node.hasClass('selected') || node.hasClass('found');
      const faded = node.hasClass('faded');
      names.push({
        ...onScreen({ x1: at.x - width / 2, y1: at.y - size * 0.7, x2: at.x + width / 2, y2: at.y + size * 0.7 }, zoom),
        weight: (chosen ? 8 : 0) + (faded ? 0 : 4) + (health === 'failing' ? 2 : health === 'degraded' ? 1 : 0) + (this.aside.has(words.kind) ? 0 : 0.5),
        name, aside: this.aside.has(words.kind), faded, health,
      });
    });
    for (const { x1, y1, x2, y2, name, aside, faded, health } of withRoom(names, [-13, 13], this.#titles.map(title => onScreen(title, zoom)))) {
      this.#names.push({ x1: x1 / zoom, y1: y1 / zoom, x2: x2 / zoom, y2: y2 / zoom });
      context.globalAlpha = faded ? 0.16 : 0.92;
      context.fillStyle = this.palette.page;
      context.beginPath();
      context.roundRect(x1 / zoom, y1 / zoom, (x2 - x1) / zoom, (y2 - y1) / zoom, size * 0.3);
      context.fill();
      context.globalAlpha = faded ? 0.16 : 1;
      context.fillStyle = health === 'failing' ? this.palette.bad : health === 'degraded' ? this.palette.warn : aside ? this.palette.quiet : this.palette.text;
      context.fillText(name, (x1 + x2) / 2 / zoom, (y1 + y2) / 2 / zoom);
    }
    context.globalAlpha = 1;
    context.textAlign = 'start';
  }

  #drawBoxes(context: CanvasRenderingContext2D, over: CanvasRenderingContext2D, zoom: number): void {
    const nodes: Framed[] = [];
    this.#cy.nodes().forEach(node => {
      if (node.hasClass('hidden')) return;
      const at = node.position();
      const [w, h] = [(node.data('width') as number) / 2, (node.data('height') as number) / 2];
      nodes.push({ kind: node.data('kind') as string, cluster: node.data('cluster') as string, namespace: node.data('namespace') as string, app: node.data('app') as string | null, x1: at.x - w, y1: at.y - h, x2: at.x + w, y2: at.y + h });
    });
    const frames = framesOf(nodes);
    // The names of boxes keep a readable size when one zooms out: then they stand above their box and over what lies there.
    const size = Math.max(12, 11 / zoom);
    const above = size > 14;
    const names: (Rect & { weight: number; key: string; title: string })[] = [];
    context.font = `600 ${size}px ${this.palette.font}`;
    context.textBaseline = 'bottom';
    this.#titles = [];
    for (const { key, kind, name, x1: x, y1: y, x2, y2 } of frames) {
      const w = x2 - x;
      context.beginPath();
      context.roundRect(x, y, w, y2 - y, kind === 'cluster' ? 10 : 6);
      if (kind === 'namespace') {
        context.fillStyle = this.palette.box;
        context.fill();
      }
      context.lineWidth = (kind === 'cluster' ? 1.6 : 1) / Math.max(zoom, 0.4);
      context.setLineDash(kind === 'app' ? [4, 3] : []);
      context.strokeStyle = kind === 'namespace' ? this.palette.boxLine : this.palette.lineStrong;
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = this.palette.quiet;
      const title = `▾ ${middle(name, 32)}`;
      if (kind === 'app') {
        // Among many names that of an app is the least: it is there where the names of its workloads are.
        if (zoom < readableFrom) continue;
        // Above the edges, which run through its frame to its nodes.
        over.font = `600 10.5px ${this.palette.font}`;
        const breadth = Math.min(over.measureText(title).width + 8, w - 8);
        this.#titles.push({ key, x1: x, x2: x + breadth + 8, y1: y, y2: y + 19 });
        over.globalAlpha = 0.88;
        over.fillStyle = this.palette.page;
        over.beginPath();
        over.roundRect(x + 4, y + 3, breadth, 15, 3);
        over.fill();
        over.globalAlpha = 1;
        over.fillStyle = this.palette.quiet;
        over.textBaseline = 'middle';
        over.fillText(title, x + 8, y + 11, breadth - 8);
        continue;
      }
      const breadth = context.measureText(title).width + size;
      if (above) names.push({ ...onScreen({ x1: x, y1: y - size * 1.4, x2: x + breadth, y2: y }, zoom), weight: kind === 'cluster' ? 1 : 0, key, title });
      else {
        this.#titles.push({ key, x1: x, x2: x + Math.min(breadth + 10, w), y1: y, y2: y + 26 });
        context.textBaseline = 'top';
        context.fillText(title, x + 10, y + 7, w - 20);
        context.textBaseline = 'bottom';
      }
    }
    over.font = context.font;
    over.textBaseline = 'middle';
    for (const { x1, y1, x2, y2, key, title } of withRoom(names)) {
      const [x, y, w, h] = [x1 / zoom, y1 / zoom, (x2 - x1) / zoom, (y2 - y1) / zoom];
      this.#titles.push({ key, x1: x, y1: y, x2: x + w, y2: y + h });
      over.globalAlpha = 0.88;
      over.fillStyle = this.palette.page;
      over.beginPath();
      over.roundRect(x, y, w, h, size * 0.3);
      over.fill();
      over.globalAlpha = 1;
      over.fillStyle = this.palette.quiet;
      over.fillText(title, x + size * 0.5, y + h / 2);
    }
  }

  #drawChips(context: CanvasRenderingContext2D, zoom: number): void {
    this.#chips ??= this.#arrangeChips(context);
    const extent = this.#cy.extent();
    context.font = `${fontSize}px ${this.palette.font}`;
    context.textBaseline = 'middle';
    for (const { at, lines, state, width, height } of this.#chips) {
      if (at.x + width < extent.x1 || at.x - width > extent.x2 || at.y < extent.y1 - 20 || at.y > extent.y2 + 20) continue;
      const locked = state !== 'idle';
      // Far away, words are specks: only the locks that warn are drawn.
      const far = zoom < 0.5;
      if (far && state !== 'plaintext' && state !== 'mixed') continue;
      // A name is read whole: what would lie on it stands above it.
      const name = this.#names.find(({ x1, y1, x2, y2 }) => at.x - width / 2 < x2 && x1 < at.x + width / 2 && at.y - height / 2 < y2 && y1 < at.y + height / 2);
      const y = name ? name.y1 - height / 2 : at.y;
      context.fillStyle = this.palette.page;
      context.globalAlpha = 0.9;
      context.beginPath();
      context.roundRect(at.x - width / 2, y - height / 2, width, height, 4);
      context.fill();
      context.globalAlpha = 1;
      if (locked) drawLock(context, lines.length > 0 ? at.x - width / 2 + lockRoom / 2 : at.x, y, state, this.palette);
      if (far) continue;
      context.fillStyle = this.palette.text;
      lines.forEach((line, index) => context.fillText(line, at.x - width / 2 + (locked ? lockRoom : 3), y + 0.5 + (index - (lines.length - 1) / 2) * lineHeight));
    }
  }

  #nodeRects(): Rect[] {
    const rects: Rect[] = [];
    this.#cy.nodes().forEach(node => {
      if (node.hasClass('hidden')) return;
      const at = node.position();
      const [w, h] = [(node.data('width') as number) / 2, (node.data('height') as number) / 2];
      rects.push({ x1: at.x - w, y1: at.y - h, x2: at.x + w, y2: at.y + h });
    });
    return rects;
  }

  #arrangeChips(context: CanvasRenderingContext2D): Chip[] {
    context.font = `${fontSize}px ${this.palette.font}`;
    const edges = [...this.#words.edges()];
    const all = edges.length <= everyChipUpTo;
    // Names of boxes are pressed: nothing lies on them either.
    const taken = [...this.#nodeRects(), ...this.#titles];
    const chips = new Map<string, Omit<Chip, 'at'>>();
    const wishes: ChipWish[] = [];
    for (const { id, look, chosen, lines: words, curve } of edges) {
      const state = look.mtls;
      const warns = state === 'plaintext' || state === 'mixed' || look.health === 'failing' || look.health === 'degraded';
      if (!all && !warns && !chosen) continue;
      const lines = words();
      const lies = state === 'idle' && lines.length === 0 ? null : curve();
      if (!lies) continue;
      const width = (state === 'idle' ? 0 : lockRoom) + (lines.length > 0 ? Math.max(...lines.map(line => context.measureText(line).width)) + 5 : 0);
      const height = chipHeight + Math.max(0, lines.length - 1) * lineHeight;
      chips.set(id, { lines, state, width, height });
      wishes.push({ key: id, ...lies, width, height, priority: (chosen ? 1e9 : 0) + (warns ? 1e6 : 0) + look.width });
    }
    return [...placeChips(wishes, taken)].map(([key, at]) => ({ at, ...(chips.get(key) as Omit<Chip, 'at'>) }));
  }
}

/** In pixels, but for where the view is moved to: whether two lie on each other is the same wherever that is. */
function onScreen({ x1, y1, x2, y2 }: Rect, zoom: number): Rect {
  return { x1: x1 * zoom, y1: y1 * zoom, x2: x2 * zoom, y2: y2 * zoom };
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
