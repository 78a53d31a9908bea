// The topology canvas. It owns everything inside its element: the stream, the drawing, zoom and drag, the places of nodes.
// The page around it says what to show and learns of a choice through the address.
import cytoscape, { type Core, type EdgeSingular, type ElementDefinition, type NodeSingular } from 'cytoscape';
import ELK from 'elkjs/lib/elk-api';
import { differing, edgeLines, edgeStroke, edgeWidth, isIdle, type Label, labelsOf, middle, nodeDetail, nodeSentence, nodeSize, nodeTitle, outbound, steadyEdgeWidth, steadyNodeWidth, visible } from './graph/appearance';
import { badgeWords, knownBadges } from './graph/badges';
import { boxesOf, closeBoxes, closedBox } from './graph/boxes';
import { type Compared, comparedLines, withGone } from './graph/compared';
import { Graph, type GraphChange } from './graph/graph';
import { betweenLayers, gridPositions, layOut, layOutByForce, type LayoutEngine, type Progress, warmUp } from './graph/layout';
import { type Found, lineBetween, LineSetBuilder, type Look, type Middle } from './graph/lines';
import { Linework } from './graph/linework';
import { marksOf, noMarks } from './graph/marks';
import { Minimap } from './graph/minimap';
import { readMotion, saveMotion } from './graph/motion';
import { type Curve, type EdgeInSight, Overlay } from './graph/overlay';
import { healthColour, type Palette, readPalette } from './graph/palette';
import { loopOf, type Picture, svgOf } from './graph/picture';
import { nearest, place, type Placed, readingOrder, wishFor } from './graph/placement';
import { placesOf, readPlaces } from './graph/places';
import { forgetPositions, positionsKey, readPositions, savePositions } from './graph/positions';
import { type RankBy, ranks, rankWords } from './graph/ranks';
import { forceUpTo, type LayoutName, rings, ringsUpTo } from './graph/rings';
import { TopologyStream } from './graph/stream';
import { stylesFor } from './graph/styles';
import { edgeKey, type Health, type MtlsState, type Point, type TopologyEdge, type TopologyMessage, type TopologyNode, type View } from './graph/types';

export interface Options {
  hub: string;
  worker: string;
  /** Script of the worker that draws the lines of large graphs. */
  lines: string;
  view: View;
  cluster: string | null;
  namespaces: string[];
  /** Comma list of what is written at edges. */
  label: string;
  hideIdle: boolean;
  /** Ids of nodes and keys of edges; null when nothing is looked for. */
  found: string[] | null;
  /** The same of what is not drawn. */
  hidden: string[] | null;
  /** The only nodes that are drawn, when the view is around one of them; null for all. */
  around: string[] | null;
  /** That node and how far is looked. */
  focus: string | null;
  hops: number;
  /** Boxes that are closed: cluster, cluster/namespace or cluster/namespace/app. */
  closed: string[];
  layout: LayoutName;
  rank: RankBy | null;
  badges: boolean;
  boxes: boolean;
  selected: string | null;
  /** A past instant; null for the present. */
  at: string | null;
  /** What differs from another instant; null when nothing is compared. */
  compared: Compared | null;
  /** Places that the address brings along; null for the reader's own. */
  places: string | null;
}

/** A layout by forces that is not there by then is given up. */
const forceLimit = 8000;

/** From this many edges on they are drawn straight and pale, and quickly. */
const manyEdges = 600;

const arrows = new Map<string, 'left' | 'right' | 'up' | 'down'>([['ArrowLeft', 'left'], ['ArrowRight', 'right'], ['ArrowUp', 'up'], ['ArrowDown', 'down']]);

/** Less than this share of known places, and the whole is laid out anew. */
const enoughKnown = 0.5;

/** The layout engine in its worker; ending the worker ends the layout. */
interface WorkerEngine extends LayoutEngine {
  terminateWorker(): void;
}

export function mount(host: HTMLElement, options: Options): TopologyCanvas {
  return new TopologyCanvas(host, options);
}

class TopologyCanvas {
  readonly #host: HTMLElement;
  readonly #surface: HTMLElement;
  readonly #status: HTMLElement;
  readonly #spoken: HTMLElement;
  readonly #cy: Core;
  readonly #lines: Linework;
  readonly #overlay: Overlay;
  readonly #stream: TopologyStream;
  readonly #resize: ResizeObserver;
  readonly #onTheme = () => this.#repaint();
  #options: Options;
  /** As the hub sends it. */
  #source = new Graph();
  /** As it is drawn: around a node, with boxes closed. */
  #graph = new Graph();
  #labels: Label[];
  #totals: Map<string, number> | null = null;
  #ranks: Map<string, number> | null = null;
  readonly #map: Minimap;
  readonly #motion: HTMLButtonElement | null;
  readonly #onMotion = () => this.#setMotion(this.#motion?.getAttribute('aria-pressed') !== 'true', true);
  /** Where boxes that were just closed shall lie: in the middle of what they stand for. */
  readonly #wishes = new Map<string, Point>();
  /** The node that the keys are at, also while they go through its edges. */
  #home: string | null = null;
  /** What each element was drawn from: asking the graph itself for thousands of elements takes longer than comparing them. */
  readonly #drawn = new Map<string, ElementData>();
  #marks = noMarks;
  #elk: WorkerEngine | null = null;
  #layoutRun = 0;
  /** Tells who waits for the layout that is at work that there will be none. */
  #endLayout: () => void = () => {};
  #many = false;
  #at: string | null = null;
  #saveTimer = 0;

  constructor(host: HTMLElement, options: Options) {
    this.#host = host;
    this.#options = options;
    this.#labels = labelsOf(options.label);
    this.#surface = document.createElement('div');
    this.#surface.className = 'graph-surface';
    this.#surface.tabIndex = 0;
    this.#surface.setAttribute('role', 'application');
    this.#status = document.createElement('div');
    this.#status.className = 'graph-status';
    this.#status.hidden = true;
    this.#spoken = document.createElement('div');
    this.#spoken.className = 'sr-only';
    this.#spoken.setAttribute('aria-live', 'polite');
    host.append(this.#surface, this.#status, this.#spoken);

    const palette = readPalette();
    this.#cy = cytoscape({
      container: this.#surface,
      style: stylesFor(palette),
      minZoom: 0.04,
      maxZoom: 2.5,
      boxSelectionEnabled: false,
      autounselectify: true,
      hideEdgesOnViewport: false,
      textureOnViewport: false,
      motionBlur: false,
      layout: { name: 'preset' },
    });
    this.#lines = new Linework(this.#cy, this.#surface, options.lines, () => this.#lineSet(), () => this.#holdEdges());
    this.#overlay = new Overlay(this.#cy, this.#surface, palette, {
      node: id => {
        const node = this.#graph.nodes.get(id);
        return node && { title: nodeTitle(node), detail: this.#options.compared?.lines[id] ?? nodeDetail(node), kind: node.kind, badges: this.#options.badges ? knownBadges(node.badges) : [], rank: this.#rankOf(id) };
      },
      edges: () => this.#edgesInSight(),
    });
    this.#map = new Minimap(this.#cy, host, palette);
    this.#motion = host.parentElement?.querySelector<HTMLButtonElement>('[data-motion]') ?? null;
    this.#motion?.addEventListener('click', this.#onMotion);
    this.#setMotion(readMotion(localStorage, window.matchMedia('(prefers-reduced-motion: reduce)').matches), false);
    this.#listen();
    document.addEventListener('meshconsole:theme', this.#onTheme);
    this.#resize = new ResizeObserver(() => {
      this.#cy.resize();
      this.#overlay.refresh();
    });
    this.#resize.observe(host);

    this.#stream = new TopologyStream(options.hub, {
      onMessage: message => this.#take(message),
      onState: problem => this.#say('stream', problem),
    });
    this.#say('stream', 'Waiting for the topology.');
    // The engine is a large script: it loads while the first message is on its way.
    this.#elk = this.#newEngine();
    this.#elk.layout(warmUp).catch(() => {
      // Whoever asks next hears of it.
    });
    void this.#stream.ask({ view: options.view, cluster: options.cluster, namespaces: options.namespaces, at: options.at });
    this.#describe();
  }

  /** Called by the page when its address changed. */
  update(options: Options): void {
    const before = this.#options;
    const closing = options.closed.filter(key => !before.closed.includes(key));
    // Before the options change: places are kept under the name of what is drawn now.
    if (closing.length > 0 || before.layout !== options.layout || before.focus !== options.focus || before.hops !== options.hops) this.#savePositions();
    this.#options = options;
    this.#labels = labelsOf(options.label);
    this.#ranks = null;
    if (before.view !== options.view || before.cluster !== options.cluster || before.namespaces.join() !== options.namespaces.join()) {
      this.#source = new Graph();
      this.#clear();
      this.#say('stream', 'Waiting for the topology.');
      void this.#stream.ask({ view: options.view, cluster: options.cluster, namespaces: options.namespaces, at: options.at });
      return;
    }
    // Another instant is another whole message; what is in both stays where it is.
    if (before.at !== options.at) void this.#stream.ask({ view: options.view, cluster: options.cluster, namespaces: options.namespaces, at: options.at });
    if (before.layout !== options.layout || before.focus !== options.focus || before.hops !== options.hops) {
      this.#clear();
      if (this.#source.nodes.size > 0) void this.#show({ ...this.#reshape(), whole: true });
      return;
    }
    if (before.closed.join() !== options.closed.join() || before.around?.join() !== options.around?.join() || before.compared !== options.compared) {
      for (const key of closing) this.#wishFor(key);
      void this.#show(this.#reshape());
    }
    this.#mark(before.selected !== options.selected);
  }

  #clear(): void {
    this.#cancelLayout();
    this.#graph = new Graph();
    this.#cy.elements().remove();
    this.#drawn.clear();
    this.#lines.change();
    this.#at = this.#home = null;
    this.#marks = noMarks;
    this.#say('refused', null);
  }

  #take(message: TopologyMessage): void {
    const change = this.#source.apply(message);
    if (!change) return;
    const { around, closed } = this.#options;
    const shown = around === null && closed.length === 0 && this.#options.compared === null ? this.#graph.apply(message) : { ...this.#reshape(), whole: change.whole };
    if (shown) void this.#show(shown);
  }

  /** What leads from what is drawn to what shall be. */
  #reshape(): GraphChange {
    const around = this.#options.around === null ? null : new Set(this.#options.around);
    const both = withGone(this.#source, this.#options.compared);
    const kept = both.nodes.filter(node => around?.has(node.id) !== false);
    const edges = both.edges.filter(edge => around === null || (around.has(edge.source) && around.has(edge.target)));
    const { revision, observedAt } = this.#source;
    const topology = { revision, observedAt, window: 0, ...closeBoxes(kept, edges, new Set(this.#options.closed)) };
    return this.#graph.apply({ revision, observedAt, topology }) as GraphChange;
  }

  #wishFor(key: string): void {
    const members = [...this.#source.nodes.values()].filter(node => boxesOf(node).some(box => box.key === key));
    const places = members.map(node => this.#cy.getElementById(node.id)).filter(element => element.nonempty()).map(element => element.position());
    const id = members[0] && boxesOf(members[0]).find(box => box.key === key)?.id;
    if (id !== undefined && places.length > 0) {
      this.#wishes.set(id, { x: Math.round(places.reduce((sum, at) => sum + at.x, 0) / places.length), y: Math.round(places.reduce((sum, at) => sum + at.y, 0) / places.length) });
    }
  }

  #edgeLines(edge: TopologyEdge): string[] {
    this.#totals ??= outbound(this.#source.edges.values());
    return comparedLines(edge, this.#options.compared, edgeLines(edge, this.#labels, this.#totals));
  }

  #rankOf(id: string): number | null {
    if (this.#options.rank === null) return null;
    this.#ranks ??= ranks(this.#graph.nodes.values(), this.#graph.edges.values(), this.#options.rank);
    return this.#ranks.get(id) ?? null;
  }

  #setMotion(on: boolean, asked: boolean): void {
    this.#overlay.moving = on;
    this.#motion?.setAttribute('aria-pressed', String(on));
    if (asked) saveMotion(localStorage, on);
  }

  /** A button of the page's toolbar. */
  command(name: string): void {
    switch (name) {
      case 'in':
        this.#zoom(1.25);
        break;
      case 'out':
        this.#zoom(0.8);
        break;
      case 'fit':
        this.#fit(true);
        break;
      case 'svg':
      case 'png':
        void this.#export(name);
        break;
      case 'link':
        void this.#copyLink();
        break;
      case 'arrange':
        forgetPositions(localStorage, this.#positionsKey());
        void this.#arrange();
        break;
    }
  }

  /** An address of just this picture: pinned where the present is shown, since that goes on, and with the places of the nodes while they fit. */
  async #copyLink(): Promise<void> {
    const address = new URL(location.href);
    const at = new Date(Date.parse(this.#graph.observedAt));
    if (!address.searchParams.has('at') && Number.isFinite(at.getTime())) address.searchParams.set('at', `${at.toISOString().slice(0, 19)}Z`);
    address.searchParams.set('view', this.#options.view);
    const places = placesOf(new Map(this.#cy.nodes().map(node => [node.id(), node.position()])));
    if (places === null) address.searchParams.delete('places');
    else address.searchParams.set('places', places);
    const pinned = this.#options.at === null ? ' It pins the instant that is drawn.' : '';
    try {
      await navigator.clipboard.writeText(address.href);
      this.#say('link', `The link is in the clipboard.${pinned}${places === null ? ' So many nodes do not fit into an address: whoever opens it gets them laid out anew.' : ''}`);
    } catch {
      this.#say('link', `The browser refuses to write to the clipboard: ${address.href}`);
    }
    setTimeout(() => this.#say('link', null), 8000);
  }

  /** Saves what is drawn, with everything that is not hidden, however far away it is. */
  async #export(kind: 'svg' | 'png'): Promise<void> {
    const cy = this.#cy;
    const picture: Picture = {
      title: `Topology${this.#options.cluster ? ` of ${visible(this.#options.cluster)}` : ''}${this.#options.namespaces.length > 0 ? `, ${visible(this.#options.namespaces.join(', '))}` : ''}, ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC`,
      boxes: this.#overlay.boxes,
      nodes: [],
      edges: [],
    };
    cy.nodes().not('.hidden').forEach(element => {
      const node = this.#graph.nodes.get(element.id());
      if (!node) return;
      picture.nodes.push({
        at: { ...element.position() },
        width: element.data('width') as number,
        height: element.data('height') as number,
        kind: node.kind,
        cluster: node.cluster,
        namespace: node.namespace,
        app: node.app ?? null,
        health: node.health,
        title: nodeTitle(node),
        detail: nodeDetail(node),
        badges: this.#options.badges ? knownBadges(node.badges) : [],
      });
    });
    const places = this.#middles();
    for (const [id, edge] of this.#graph.edges) {
      const [source, target] = [places.get(edge.source), places.get(edge.target)];
      const curve = source && target && !this.#marks.hidden.has(id) ? this.#curveOf(id, source, target) : null;
      if (curve === null) continue;
      const [caller, callee] = [this.#graph.nodes.get(edge.source), this.#graph.nodes.get(edge.target)];
      picture.edges.push({
        ...curve,
        loop: edge.source === edge.target,
        name: `${caller ? nodeTitle(caller) : ''} → ${callee ? nodeTitle(callee) : ''}`,
        width: edgeWidth(edge),
        stroke: edgeStroke(edge),
        health: isIdle(edge) ? 'idle' : edge.health,
        mtls: isIdle(edge) ? 'idle' : edge.mtls.state,
        label: this.#edgeLines(edge),
      });
    }
    const { svg, width, height } = svgOf(picture, readPalette());
    const source = new Blob([svg], { type: 'image/svg+xml' });
    if (kind === 'svg') {
      save(source, 'topology.svg');
      return;
    }
    // Twice as fine as the screen, but no larger than browsers can draw.
    const scale = Math.min(2, 12_000 / Math.max(width, height));
    const image = new Image();
    const address = URL.createObjectURL(source);
    try {
      image.src = address;
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
      canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
      const png = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'));
      if (png) save(png, 'topology.png');
      else this.#say('export', 'The browser cannot draw a picture of this size. Save it as SVG.');
    } catch {
      this.#say('export', 'The browser cannot draw the picture. Save it as SVG.');
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  dispose(): void {
    this.#savePositions();
    this.#graph = new Graph();
    this.#cancelLayout();
    clearTimeout(this.#saveTimer);
    document.removeEventListener('meshconsole:theme', this.#onTheme);
    this.#resize.disconnect();
    void this.#stream.stop();
    this.#motion?.removeEventListener('click', this.#onMotion);
    this.#map.remove();
    this.#overlay.remove();
    this.#lines.remove();
    this.#cy.destroy();
    this.#host.replaceChildren();
  }

  // ------------------------------------------------------------------ what is shown

  async #show(change: GraphChange): Promise<void> {
    const cy = this.#cy;
    this.#totals = this.#ranks = null;
    cy.batch(() => {
      for (const id of [...change.removedEdges, ...change.removed]) {
        cy.getElementById(id).remove();
        this.#drawn.delete(id);
      }
      for (const node of change.changed) this.#redraw(nodeData(node), steadyNodeWidth);
      for (const edge of change.changedEdges) this.#redraw(edgeData(edge), steadyEdgeWidth);
    });
    if (this.#at !== null && !this.#graph.nodes.has(this.#at) && !this.#graph.edges.has(this.#at)) this.#at = null;
    if (this.#home !== null && !this.#graph.nodes.has(this.#home)) this.#home = null;
    this.#suitOverlay();

    const added = change.added.length > 0 || change.addedEdges.length > 0;
    // Before the first of them is there: cytoscape would draw them all as often as some are added.
    if (this.#graph.edges.size > manyEdges) this.#drawMany();
    const graph = this.#graph;
    if (added) await this.#showAdded(change);
    // Another graph was asked for meanwhile, or none any more.
    if (graph !== this.#graph) return;
    this.#drawMany();
    if (change.whole || added || this.#options.hideIdle) this.#mark(change.whole);
    this.#describe();
    this.#changed();
    this.#host.dataset['revision'] = String(this.#graph.revision);
  }

  async #showAdded(change: GraphChange): Promise<void> {
    const graph = this.#graph;
    const known = readPlaces(this.#options.places, change.added.map(node => node.id)) ?? readPositions(localStorage, this.#positionsKey());
    const placedBefore = this.#cy.nodes().length;
    const unplaced = change.added.filter(node => !known.has(node.id));
    const anew = placedBefore === 0 && change.added.length > 0 && unplaced.length > change.added.length * (1 - enoughKnown);
    if (anew) {
      await this.#arrange(async () => {
        await this.#addAll(change, this.#fastPositions(change.added, known));
        if (graph !== this.#graph) return;
        // What is looked for stands out at once, and not only where it will be in the end.
        this.#mark(false);
        this.#fit(false);
      });
    } else {
      await this.#addAll(change, this.#placeNew(change.added, known));
      if (placedBefore === 0) {
        this.#cancelLayout();
        this.#fit(false);
      }
      this.#savePositionsSoon();
    }
  }

  /**
   * Writes only what looks different: each element written to is styled, measured and drawn again, a node with all of its
   * edges. Words change with every refresh, so they are not among the data; the overlay asks for them.
   */
  #redraw(wanted: ElementData, steady: (drawn: number, wanted: number) => number): void {
    const drawn = this.#drawn.get(wanted.id);
    if (!drawn) return;
    const changes = differing(drawn, { ...wanted, width: steady(drawn.width, wanted.width) });
    if (!changes) return;
    Object.assign(drawn, changes);
    this.#cy.getElementById(wanted.id).data(changes);
  }

  /** From many edges on their lines are straight and pale and drawn in a worker. */
  #drawMany(): void {
    const many = this.#graph.edges.size > manyEdges;
    if (many === this.#many) return;
    this.#many = many;
    this.#lines.many = many;
    this.#cy.edges().toggleClass('many', many);
    this.#holdEdges();
  }

  /** Whether cytoscape has an edge: among many only a loop, which is a curve, and what is chosen and lies above all others. */
  #isHeld(id: string, edge: TopologyEdge): boolean {
    return !this.#lines.on || edge.source === edge.target || id === this.#at || id === this.#marks.selected || this.#marks.near.has(id);
  }

  /** Gives cytoscape the edges that it has to draw, and takes the others away. */
  #holdEdges(): void {
    const held: ElementDefinition[] = [];
    this.#cy.batch(() => {
      this.#cy.edges().forEach(element => {
        const edge = this.#graph.edges.get(element.id());
        if (!edge || !this.#isHeld(element.id(), edge)) element.remove();
      });
      for (const [id, edge] of this.#graph.edges) {
        if (this.#isHeld(id, edge) && this.#cy.getElementById(id).empty()) held.push(...this.#element(id));
      }
      this.#cy.add(held);
    });
    this.#lines.change();
  }

  /** An edge for cytoscape; none before it was drawn. */
  #element(id: string): ElementDefinition[] {
    const data = this.#drawn.get(id);
    return data ? [{ group: 'edges', data: { ...data }, classes: this.#many ? 'many' : '' }] : [];
  }

  #middles(): Map<string, Middle> {
    const places = new Map<string, Middle>();
    this.#cy.nodes().forEach(node => {
      const { x, y } = node.position();
      places.set(node.id(), { x, y, width: node.data('width') as number, height: node.data('height') as number });
    });
    return places;
  }

  #lineSet(): Found {
    const palette = this.#overlay.palette;
    const lines = new LineSetBuilder();
    const places = this.#middles();
    for (const [id, edge] of this.#graph.edges) {
      const drawn = this.#drawn.get(id);
      if (!drawn || edge.source === edge.target || this.#marks.hidden.has(id)) continue;
      const [from, to] = [places.get(edge.source), places.get(edge.target)];
      const line = from && to && lineBetween(from, to);
      if (line) lines.add(id, line, this.#isHeld(id, edge) ? null : lineLook(drawn as EdgeData, this.#marks.faded.has(id), palette));
    }
    return lines.build();
  }

  /** Edges that may have words and dots: none that is hidden or stands back, and no loops. */
  *#edgesInSight(): Iterable<EdgeInSight> {
    const places = this.#middles();
    const { hidden, faded, near, selected } = this.#marks;
    for (const [id, edge] of this.#graph.edges) {
      const look = this.#drawn.get(id) as EdgeData | undefined;
      const [from, to] = [places.get(edge.source), places.get(edge.target)];
      if (!look || !from || !to || edge.source === edge.target || hidden.has(id) || faded.has(id)) continue;
      yield {
        id, look, from, to,
        chosen: near.has(id) || id === selected,
        perSecond: edge.requestsPerSecond ?? edge.connectionsPerSecond ?? 0,
        errorRatio: edge.errorRatio ?? 0,
        lines: () => this.#edgeLines(edge),
        curve: () => this.#curveOf(id, from, to),
      };
    }
  }

  /** Where an edge lies; null where an end is not on the canvas yet, or both are at the same place. */
  #curveOf(id: string, from: Middle, to: Middle): Curve | null {
    const element = this.#cy.getElementById(id) as unknown as EdgeSingular;
    if (element.empty()) {
      const line = lineBetween(from, to);
      return line && { from: { x: line[0], y: line[1] }, through: { x: (line[0] + line[2]) / 2, y: (line[1] + line[3]) / 2 }, to: { x: line[2], y: line[3] } };
    }
    const curve = element.isLoop() ? loopOf(from, from.width, from.height) : [element.sourceEndpoint(), element.midpoint(), element.targetEndpoint()] as const;
    return curve.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)) ? { from: curve[0], through: curve[1], to: curve[2] } : null;
  }

  /** Something is drawn differently, or elsewhere. */
  #changed(): void {
    this.#lines.change();
    this.#overlay.rearrange();
    this.#overlay.refresh();
  }

  /** Adds in slices, so that a large mesh does not hold the browser up. */
  async #addAll(change: GraphChange, positions: ReadonlyMap<string, Point>): Promise<void> {
    const graph = this.#graph;
    for (const edge of change.addedEdges) this.#drawn.set(edgeKey(edge), edgeData(edge));
    const held = change.addedEdges.filter(edge => this.#isHeld(edgeKey(edge), edge));
    const elements: ElementDefinition[] = [
      ...change.added.map(node => ({ group: 'nodes' as const, data: nodeData(node), position: { ...(positions.get(node.id) ?? { x: 0, y: 0 }) } })),
      ...held.flatMap(edge => this.#element(edgeKey(edge))),
    ];
    const slice = 700;
    for (let from = 0; from < elements.length; from += slice) {
      if (from > 0) await nextFrame();
      if (graph !== this.#graph) return;
      const part = elements.slice(from, from + slice).filter(element => element.group === 'nodes' || (this.#has(element.data['source'] as string) && this.#has(element.data['target'] as string)));
      for (const { group, data } of part) if (group === 'nodes') this.#drawn.set(data.id as string, { ...data } as ElementData);
      this.#cy.batch(() => this.#cy.add(part));
    }
  }

  #has(id: string): boolean {
    return this.#graph.nodes.has(id);
  }

  /** What of the drawing depends on the view and the layout. */
  #suitOverlay(): void {
    this.#overlay.boxes = this.#options.boxes && this.#options.view !== 'namespace' && this.#layoutName() === 'layered';
    this.#overlay.aside = new Set(['external', 'unknown', 'operation', ...(this.#options.view.includes(',services') ? ['service'] : [])]);
  }

  /** Marks what is selected, found and hidden. */
  #mark(reveal: boolean): void {
    const { selected, found, hidden, hideIdle } = this.#options;
    const marks = (this.#marks = marksOf(this.#graph, { selected: selected && this.#drawnAs(selected), found, hidden, hideIdle }));
    if (this.#many) this.#holdEdges();
    this.#cy.batch(() => {
      this.#cy.elements().forEach(element => {
        const id = element.id();
        element.toggleClass('selected', id === marks.selected);
        for (const mark of ['near', 'faded', 'found', 'hidden'] as const) element.toggleClass(mark, marks[mark].has(id));
      });
    });
    if (reveal && selected) this.#reveal(this.#drawnAs(selected));
    this.#suitOverlay();
    this.#map.refresh();
    this.#changed();
  }

  /** The box that stands for a node, while it is closed. */
  #drawnAs(id: string): string {
    const node = this.#graph.nodes.has(id) ? undefined : this.#source.nodes.get(id);
    return (node && closedBox(node, new Set(this.#options.closed))?.id) ?? id;
  }

  /** Brings an element into sight if it is not; what is in sight stays where it is. */
  #reveal(id: string): void {
    const element = this.#cy.getElementById(id);
    if (element.empty()) return;
    const box = element.boundingBox({});
    const extent = this.#cy.extent();
    if (box.x1 >= extent.x1 && box.x2 <= extent.x2 && box.y1 >= extent.y1 && box.y2 <= extent.y2) return;
    this.#move({ center: { eles: element } });
  }

  // ------------------------------------------------------------------ places

  #fastPositions(nodes: TopologyNode[], known: ReadonlyMap<string, Point>): Map<string, Point> {
    return new Map([...gridPositions(nodes), ...known]);
  }

  /** Known places as they were, the others near their neighbours. Nothing that is drawn moves. */
  #placeNew(nodes: TopologyNode[], known: ReadonlyMap<string, Point>): Map<string, Point> {
    const positions = new Map<string, Point>();
    const placed = new Map<string, Placed>();
    this.#cy.nodes().forEach(node => {
      placed.set(node.id(), { ...node.position(), width: node.data('width') as number, height: node.data('height') as number });
    });
    const missing: TopologyNode[] = [];
    for (const node of nodes) {
      const at = known.get(node.id);
      if (at) {
        positions.set(node.id, at);
        placed.set(node.id, { ...at, ...nodeSize(node) });
      } else missing.push(node);
    }
    for (const node of missing) {
      const size = nodeSize(node);
      const neighbours = this.#graph.neighbours(node.id).flatMap(id => placed.get(id) ?? []);
      const wish = this.#wishes.get(node.id);
      const siblings = [...placed].filter(([id]) => this.#graph.nodes.get(id)?.namespace === node.namespace).map(([, at]) => at);
      const at = place(size, wish ?? wishFor(neighbours, siblings), [...placed.values()]);
      positions.set(node.id, at);
      placed.set(node.id, { ...at, ...size });
    }
    return positions;
  }

  /** @param draw what is drawn while the engine is at work. */
  async #arrange(draw: () => Promise<void> = () => Promise.resolve(this.#fit(false))): Promise<void> {
    // An engine that only waits for its first work is taken as it is; one at work is ended.
    const waitingEngine = this.#layoutRun === 0 ? this.#elk : null;
    if (waitingEngine === null) this.#cancelLayout();
    const run = ++this.#layoutRun;
    const graph = this.#graph;
    const nodes = [...graph.nodes.values()];
    if (nodes.length === 0) return;
    const started = performance.now();
    // Most layouts are there at once: the plain arrangement is shown only to who has to wait for a better one.
    this.#host.dataset['arranging'] = '';
    let last: Progress = { done: 0, total: 1 };
    const waiting = setTimeout(() => {
      if (run !== this.#layoutRun) return;
      delete this.#host.dataset['arranging'];
      this.#sayLayout(last, nodes.length);
    }, 1000);
    const engine = (this.#elk = waitingEngine ?? this.#newEngine());
    const ended = new Promise<null>(resolve => {
      this.#endLayout = () => resolve(null);
    });
    // Without an answer the grid stays: everything is in sight and can be moved by hand.
    const laidOut = Promise.race([ended, this.#placesBy(engine, nodes, [...graph.edges.values()], progress => {
      last = progress;
      if (run === this.#layoutRun && this.#said.has('layout')) this.#sayLayout(progress, nodes.length);
    })]).catch(() => null);
    await draw();
    const positions = await laidOut;
    clearTimeout(waiting);
    if (run !== this.#layoutRun) return;
    if (positions !== null) {
      this.#cy.batch(() => {
        for (const [id, at] of positions) this.#cy.getElementById(id).position(at);
      });
      this.#savePositionsSoon();
      this.#host.dataset['laidOutIn'] = String(Math.round(performance.now() - started));
    }
    engine.terminateWorker();
    this.#elk = null;
    delete this.#host.dataset['arranging'];
    this.#say('layout', null);
    this.#fit(false);
    if (this.#options.selected) this.#reveal(this.#options.selected);
  }

  /** The layout that is used: one that a mesh is too large for is not tried. */
  #layoutName(): LayoutName {
    const { layout } = this.#options;
    const limit = layout === 'force' ? forceUpTo : layout === 'concentric' ? ringsUpTo : Infinity;
    return this.#graph.nodes.size > limit ? 'layered' : layout;
  }

  async #placesBy(engine: WorkerEngine, nodes: TopologyNode[], edges: TopologyEdge[], report: (progress: Progress) => void): Promise<Map<string, Point>> {
    const name = this.#layoutName();
    const asked = this.#options.layout;
    this.#say('refused', name === asked ? null : `${nodes.length} nodes are too many for the ${asked === 'force' ? 'layout by forces' : 'rings'} (${asked === 'force' ? forceUpTo : ringsUpTo} at most): drawn in layers. Look around one node, or close boxes.`);
    if (name === 'concentric') return rings(nodes, edges, this.#options.focus);
    if (name === 'force') {
      let timer = 0;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('late')), forceLimit) as unknown as number;
      });
      try {
        return await Promise.race([layOutByForce(engine, nodes, edges), late]);
      } catch (fault) {
        this.#say('refused', `The layout by forces was not there after ${forceLimit / 1000} s and was given up: this is the plain arrangement.`);
        throw fault;
      } finally {
        clearTimeout(timer);
      }
    }
    return layOut(engine, nodes, edges, this.#options.boxes && this.#options.view !== 'namespace', this.#cy.width() / Math.max(1, this.#cy.height()), report, this.#labels.length > 1 || this.#options.focus !== null ? betweenLayers + 56 : betweenLayers);
  }

  #newEngine(): WorkerEngine {
    return new ELK({ workerUrl: this.#options.worker }) as unknown as WorkerEngine;
  }

  #cancelLayout(): void {
    this.#layoutRun++;
    this.#endLayout();
    delete this.#host.dataset['arranging'];
    this.#elk?.terminateWorker();
    this.#elk = null;
    this.#say('layout', null);
  }

  #positionsKey(): string {
    const { view, cluster, namespaces, layout, focus, hops, boxes } = this.#options;
    return positionsKey(view, cluster, namespaces, ...(layout === 'layered' ? [] : [layout]), ...(boxes ? [] : ['no boxes']), ...(focus === null ? [] : [`${hops} around ${focus}`]));
  }

  #savePositionsSoon(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => this.#savePositions(), 400) as unknown as number;
  }

  #savePositions(): void {
    // A picture that somebody sent does not take the place of the reader's own.
    if (this.#cy.nodes().empty() || this.#elk !== null || this.#options.places !== null) return;
    const kept = readPositions(localStorage, this.#positionsKey());
    // Nodes that are away may come back to their place, but not thousands of them.
    const positions = kept.size > 4000 ? new Map<string, Point>() : kept;
    this.#cy.nodes().forEach(node => {
      positions.set(node.id(), { ...node.position() });
    });
    savePositions(localStorage, this.#positionsKey(), positions);
  }

  // ------------------------------------------------------------------ sight

  #zoom(factor: number): void {
    this.#cy.zoom({ level: this.#cy.zoom() * factor, renderedPosition: { x: this.#cy.width() / 2, y: this.#cy.height() / 2 } });
  }

  #fit(asked: boolean): void {
    const visible = this.#cy.nodes().not('.hidden');
    if (visible.empty()) return;
    const wholeSize = visible.boundingBox({ includeLabels: false });
    const padding = Math.min(48, this.#cy.width() / 12);
    const zoom = Math.min((this.#cy.width() - 2 * padding) / (wholeSize.w + 28), (this.#cy.height() - 2 * padding) / (wholeSize.h + 60), 1.15);
    const clamped = Math.max(this.#cy.minZoom(), zoom);
    const pan = { x: this.#cy.width() / 2 - clamped * (wholeSize.x1 + wholeSize.w / 2), y: this.#cy.height() / 2 - clamped * (wholeSize.y1 + wholeSize.h / 2 - 8) };
    if (asked) this.#move({ zoom: clamped, pan });
    else this.#cy.viewport({ zoom: clamped, pan });
  }

  #move(to: { zoom?: number; pan?: Point; center?: { eles: unknown } }): void {
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#cy.stop();
    this.#cy.animate({ ...(to as object), duration: still ? 0 : 220, easing: 'ease-out' } as never);
  }

  #repaint(): void {
    const palette = readPalette();
    this.#overlay.palette = palette;
    this.#map.palette = palette;
    this.#cy.style(stylesFor(palette));
    this.#changed();
  }

  // ------------------------------------------------------------------ hands and keys

  #listen(): void {
    const cy = this.#cy;
    cy.on('tap', 'node, edge', event => this.#choose((event.target as NodeSingular).id()));
    cy.on('tap', event => {
      if (event.target !== cy) return;
      const box = this.#overlay.titleAt(event.position);
      const edge = this.#lines.edgeAt(event.position);
      if (box !== null) this.#toggleBox(box);
      else if (edge !== null) this.#choose(edge);
      else if (this.#options.selected) this.#choose(null);
    });
    cy.on('mousemove', event => {
      if (event.target !== cy) return;
      const box = this.#overlay.titleAt(event.position);
      const edge = box === null ? this.#lines.edgeAt(event.position) : null;
      this.#surface.style.cursor = box === null && edge === null ? '' : 'pointer';
      this.#surface.title = box !== null ? 'Close this box: one node for all that is in it' : edge !== null ? this.#words(edge) : '';
    });
    cy.on('dbltap', 'node', event => this.#open((event.target as NodeSingular).id()));
    cy.on('dragfree', 'node', () => this.#savePositionsSoon());
    cy.on('mouseover', 'node, edge', event => {
      this.#surface.style.cursor = 'pointer';
      this.#surface.title = this.#words((event.target as NodeSingular).id());
    });
    cy.on('mouseout', 'node, edge', () => {
      this.#surface.style.cursor = '';
      this.#surface.title = '';
    });
    this.#surface.addEventListener('keydown', event => this.#key(event));
    this.#surface.addEventListener('focus', () => {
      if (this.#at === null) this.#goTo(this.#options.selected && this.#has(this.#options.selected) ? this.#options.selected : this.#first());
      else this.#goTo(this.#at);
    });
    this.#surface.addEventListener('blur', () => cy.elements('.at').removeClass('at'));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = arrows.get(event.key);
    const letter = event.key.toLowerCase();
    const edge = this.#at === null ? undefined : this.#graph.edges.get(this.#at);
    if (direction && edge && (direction === 'left' || direction === 'right')) this.#goTo(direction === 'right' ? edge.target : edge.source);
    else if (direction) {
      const from = this.#home === null ? null : this.#cy.getElementById(this.#home);
      const others = this.#places();
      if (this.#home !== null) others.delete(this.#home);
      const next = from === null || from.empty() ? this.#first() : nearest(from.position(), direction, others);
      if (next !== null) this.#goTo(next);
    } else if (letter === 'j' || letter === 'k') {
      const order = readingOrder(this.#places());
      const at = this.#home === null ? -1 : order.indexOf(this.#home);
      const next = order[Math.max(0, Math.min(order.length - 1, at + (letter === 'j' ? 1 : -1)))];
      if (next !== undefined) this.#goTo(next);
    } else if (letter === 'e') this.#nextEdge(event.shiftKey ? -1 : 1);
    else if (letter === 'b') {
      const node = this.#home === null ? undefined : this.#graph.nodes.get(this.#home);
      const key = node && this.#options.view !== 'namespace' ? this.#boxOf(node, event.shiftKey) : undefined;
      if (key !== undefined) this.#toggleBox(key);
    } else if (letter === 'f') {
      if (this.#home !== null) this.#go(address => address.searchParams.set('focus', this.#home as string));
    } else if (event.key === 'Enter' && this.#at !== null) {
      if (event.shiftKey) this.#open(this.#at);
      else this.#choose(this.#at);
    } else if (event.key === '+' || event.key === '=') this.#zoom(1.25);
    else if (event.key === '-') this.#zoom(0.8);
    else if (event.key === '0') this.#fit(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #places(): Map<string, Point> {
    const places = new Map<string, Point>();
    this.#cy.nodes().not('.hidden').forEach(node => {
      places.set(node.id(), { ...node.position() });
    });
    return places;
  }

  /** From one edge of a node to the next: those to its callees first, each kind by the name at the other end. */
  #nextEdge(step: 1 | -1): void {
    if (this.#home === null) return;
    const home = this.#home;
    const drawn = [...this.#graph.edges.values()].filter(edge => (edge.source === home || edge.target === home) && !this.#marks.hidden.has(edgeKey(edge)));
    const edges = drawn.sort((a, b) => Number(a.source !== home) - Number(b.source !== home) || (edgeKey(a) < edgeKey(b) ? -1 : 1)).map(edgeKey);
    if (edges.length === 0) {
      this.#spoken.textContent = 'No edge here.';
      return;
    }
    const at = this.#at === null ? -1 : edges.indexOf(this.#at);
    this.#goTo(edges[at < 0 ? (step > 0 ? 0 : edges.length - 1) : (at + step + edges.length) % edges.length] as string);
  }

  #first(): string | null {
    let best: NodeSingular | null = null;
    this.#cy.nodes().not('.hidden').forEach(node => {
      if (best === null || node.position().x < best.position().x) best = node;
    });
    return best === null ? null : (best as NodeSingular).id();
  }

  #goTo(id: string | null): void {
    this.#cy.elements('.at').removeClass('at');
    this.#at = id;
    if (id === null) return;
    if (this.#graph.nodes.has(id)) this.#home = id;
    if (this.#many) this.#holdEdges();
    this.#cy.getElementById(id).addClass('at');
    this.#reveal(id);
    this.#spoken.textContent = this.#words(id);
  }

  #words(id: string): string {
    const node = this.#graph.nodes.get(id);
    if (node) {
      let [inbound, outbound] = [0, 0];
      for (const edge of this.#graph.edges.values()) {
        if (edge.target === id) inbound++;
        if (edge.source === id) outbound++;
      }
      const rank = this.#rankOf(id);
      const badges = this.#options.badges ? knownBadges(node.badges).map(badge => badgeWords[badge]).join('; ') : '';
      return `${nodeSentence(node, inbound, outbound)}${rank === null || this.#options.rank === null ? '' : ` Rank ${rank} ${rankWords[this.#options.rank]}.`}${badges ? ` Configuration: ${badges}.` : ''}`;
    }
    const edge = this.#graph.edges.get(id);
    if (!edge) return '';
    const [source, target] = [this.#graph.nodes.get(edge.source), this.#graph.nodes.get(edge.target)];
    const lines = edgeLines(edge, [...new Set<Label>(['rate', ...this.#labels, 'errors', 'p95'])].filter(label => label !== 'mtls'), this.#totals ?? outbound(this.#source.edges.values())).join(', ');
    return `${source ? nodeTitle(source) : ''} → ${target ? nodeTitle(target) : ''}, ${middle(edge.protocol, 24)}, ${this.#options.compared?.lines[id] ?? (lines || 'idle')}${edge.mtls.state === 'idle' ? '' : `, ${edge.mtls.state}`}${edge.mtls.reason ? `: ${middle(edge.mtls.reason, 160)}` : ''}`;
  }

  /** A choice goes into the address; the page draws the panel from there. */
  #choose(id: string | null): void {
    this.#go(address => {
      if (id === null || id === this.#options.selected) address.searchParams.delete('selected');
      else address.searchParams.set('selected', id);
    });
  }

  #go(change: (address: URL) => void): void {
    const address = new URL(location.href);
    change(address);
    window.Blazor?.navigateTo?.(address.href);
  }

  /** The box of a node that is opened or closed next: itself where it stands for one, else that of its app (not on shift), of its namespace. */
  #boxOf(node: TopologyNode, outer: boolean): string | undefined {
    const boxes = boxesOf(node);
    const own = boxes.find(box => box.id === node.id && this.#options.closed.includes(box.key));
    if (own && !outer) return own.key;
    const enclosing = boxes.filter(box => box.id !== node.id);
    const siblings = node.app ? [...this.#graph.nodes.values()].filter(other => other.app === node.app && other.cluster === node.cluster && other.namespace === node.namespace).length : 0;
    return enclosing.filter(box => box.kind === 'namespace' || (box.kind === 'app' ? siblings > 1 && !outer : node.kind === 'namespace')).at(-1)?.key;
  }

  #toggleBox(key: string): void {
    const closed = this.#options.closed.includes(key) ? this.#options.closed.filter(other => other !== key) : [...this.#options.closed, key];
    // What was chosen by the first of two presses goes with the box.
    const opened = this.#options.closed.includes(key) ? [...this.#graph.nodes.values()].find(node => boxesOf(node).some(box => box.key === key && box.id === node.id)) : undefined;
    this.#go(address => {
      if (closed.length === 0) address.searchParams.delete('closed');
      else address.searchParams.set('closed', closed.join(','));
      if (opened && address.searchParams.get('selected') === opened.id) address.searchParams.delete('selected');
    });
  }

  /** A closed box opens in place, a namespace of its own level shows its workloads; any other node is opened by choosing it. */
  #open(id: string): void {
    const node = this.#graph.nodes.get(id);
    const box = node && boxesOf(node).find(({ key, id: own }) => own === id && this.#options.closed.includes(key));
    if (box) {
      this.#toggleBox(box.key);
      return;
    }
    if (node?.kind !== 'namespace') return;
    this.#go(address => {
      address.searchParams.set('namespace', node.name);
      address.searchParams.set('view', 'workload');
      address.searchParams.delete('selected');
    });
  }

  // ------------------------------------------------------------------ words

  #describe(): void {
    this.#surface.setAttribute(
      'aria-label',
      `Topology graph, ${this.#graph.nodes.size} nodes and ${this.#graph.edges.size} edges. Arrow keys, j and k move from node to node, e from edge to edge of a node, Enter opens the details, b closes or opens a box, Shift+b that around it, f looks around a node, plus, minus and 0 zoom. The same data is in the table.`,
    );
  }

  readonly #said = new Map<string, string>();

  #say(topic: string, text: string | null): void {
    if (text === null ? !this.#said.delete(topic) : this.#said.get(topic) === text) return;
    if (text !== null) this.#said.set(topic, text);
    this.#status.replaceChildren(...[...this.#said.values()].map(line => Object.assign(document.createElement('span'), { textContent: line })));
    this.#status.hidden = this.#said.size === 0;
  }

  #sayLayout(progress: Progress, nodes: number): void {
    this.#said.delete('layout');
    this.#status.replaceChildren(
      Object.assign(document.createElement('span'), { textContent: progress.total > 1 ? `Laying out ${nodes} nodes: ${Math.round((100 * progress.done) / progress.total)} %` : `Laying out ${nodes} nodes` }),
    );
    const meter = document.createElement('progress');
    if (progress.total > 1) {
      meter.max = progress.total;
      meter.value = progress.done;
    }
    meter.setAttribute('aria-label', 'Layout');
    const cancel = Object.assign(document.createElement('button'), { type: 'button', className: 'button', textContent: 'Keep the plain arrangement' });
    cancel.addEventListener('click', () => {
      this.#cancelLayout();
      this.#fit(false);
      this.#savePositionsSoon();
    });
    this.#status.append(meter, cancel);
    this.#status.hidden = false;
    this.#said.set('layout', '');
  }
}

/** What an element's looks depend on, besides its place. */
interface ElementData extends Record<string, unknown> {
  id: string;
  width: number;
}

function nodeData(node: TopologyNode): ElementData {
  return { id: node.id, kind: node.kind, cluster: node.cluster, namespace: node.namespace, app: node.app ?? null, health: node.health, ...nodeSize(node) };
}

function edgeData(edge: TopologyEdge): ElementData {
  return {
    id: edgeKey(edge),
    source: edge.source,
    target: edge.target,
    health: isIdle(edge) ? 'idle' : edge.health,
    stroke: edgeStroke(edge),
    width: edgeWidth(edge),
    mtls: isIdle(edge) ? 'idle' : edge.mtls.state,
  };
}

interface EdgeData extends ElementData {
  health: Health;
  stroke: ReturnType<typeof edgeStroke>;
  mtls: MtlsState;
}

/** What warns lies above what does not. */
const layers: Record<Health, number> = { idle: 0, unknown: 1, healthy: 2, degraded: 3, failing: 4 };

/** As the stylesheet has it for edges among many. */
function lineLook(edge: EdgeData, faded: boolean, palette: Palette): Look {
  const { health, stroke, width } = edge;
  const colour = stroke === 'dotted' ? palette.idle : health === 'healthy' ? palette.calm : health === 'degraded' || health === 'failing' ? healthColour(health, palette) : palette.lineStrong;
  return { colour, width, stroke, opacity: faded ? 0.08 : 0.5, layer: layers[health] };
}

function nextFrame(): Promise<void> {
  return new Promise(resolve => requestAnimationFrame(() => resolve()));
}

function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
