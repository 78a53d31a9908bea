// Turns a topology into graphs for the layout engine and its answers into positions. It goes namespace by namespace and then arranges
// the boxes: that is many times faster than one hierarchical layout, tells how far it is, and can be cancelled in between.
import { nodeSize } from './appearance';
import { boxesOf } from './boxes';
import { type Box, columns, type Flow } from './columns';
import type { Placed } from './placement';
import { separate } from './rings';
import type { Point, TopologyEdge, TopologyNode } from './types';

export interface ElkNode {
  id: string;
  width?: number;
  height?: number;
  x?: number;
  y?: number;
  children?: ElkNode[];
  edges?: { id: string; sources: string[]; targets: string[] }[];
  layoutOptions?: Record<string, string>;
}

export interface LayoutEngine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

/** The engine's first layout takes a fifth of a second longer than all others: this one is asked for before there is anything to lay out. */
export const warmUp: ElkNode = {
  id: 'warm',
  layoutOptions: { 'elk.algorithm': 'layered' },
  children: [{ id: 'a', width: 10, height: 10 }, { id: 'b', width: 10, height: 10 }],
  edges: [{ id: 'e', sources: ['a'], targets: ['b'] }],
};

const spacing: Record<string, string> = {
  'elk.algorithm': 'layered',
  'elk.spacing.nodeNode': '18',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.separateConnectedComponents': 'true',
  'elk.spacing.componentComponent': '24',
};

/**
 * How often crossings are looked for anew. Where edges had to be left out most of them remain however long is looked, and the third
 * part of the time makes the same picture.
 */
const thoroughness = { sparse: '5', dense: '2' };

/** From this share of the picture's height (or breadth) on, a layout fills it. */
const fillsFrom = 0.7;

/** Room between callers and callees: one word and a lock fit into it. */
export const betweenLayers = 84;

/** Room inside of a box around its nodes: the name stands at the top. */
const boxPadding = '[top=0,left=0,bottom=0,right=0]';

/** Room inside of the frame of an app: its name stands at the top. */
const appPadding = '[top=25,left=10,bottom=10,right=10]';

/** Room between boxes: edges and their labels run there. */
const betweenBoxes = { x: 120, y: 84 };

/** Room between clusters: the frame of each, and a name above it. */
const betweenClusters = { x: 190, y: 150 };

function groupKey(node: TopologyNode): string {
  return `${node.cluster}/${node.namespace}`;
}

/** Nodes by namespace in a stable order, so that equal meshes are laid out equally. */
export function groups(nodes: Iterable<TopologyNode>): Map<string, TopologyNode[]> {
  const found = new Map<string, TopologyNode[]>();
  for (const node of [...nodes].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))) {
    const key = groupKey(node);
    const group = found.get(key);
    if (group) group.push(node);
    else found.set(key, [node]);
  }
  return found;
}

interface Pair {
  source: string;
  target: string;
  /** Requests or connections per second. */
  weight: number;
}

/** Who calls whom among some nodes, all protocols together, and no node itself. */
function pairsOf(nodes: TopologyNode[], edges: TopologyEdge[]): Pair[] {
  const inside = new Set(nodes.map(node => node.id));
  const pairs = new Map<string, Pair>();
  for (const edge of edges) {
    if (edge.source !== edge.target && inside.has(edge.source) && inside.has(edge.target)) {
      const key = `${edge.source}|${edge.target}`;
      pairs.set(key, { source: edge.source, target: edge.target, weight: (pairs.get(key)?.weight ?? 0) + (edge.requestsPerSecond ?? edge.connectionsPerSecond ?? 0) });
    }
  }
  return [...pairs.values()];
}

/** Workloads of one app beside each other; an app of one is no box. */
function withApps(nodes: TopologyNode[], layoutOptions: Record<string, string>): ElkNode[] {
  const leaves: ElkNode[] = [];
  const apps = new Map<string, ElkNode[]>();
  for (const node of nodes) {
    const leaf = { id: node.id, ...nodeSize(node) };
    const box = boxesOf(node).find(({ kind }) => kind === 'app');
    const list = box && apps.get(box.id);
    if (!box) leaves.push(leaf);
    else if (list) list.push(leaf);
    else apps.set(box.id, [leaf]);
  }
  return [...leaves, ...[...apps].flatMap(([id, children]) => (children.length === 1 ? children : [{ id: `box of ${id}`, layoutOptions: { ...layoutOptions, 'elk.padding': appPadding }, children }]))];
}

/**
 * A graph of some nodes and the edges among them.
 * @param apps whether workloads of one app stand together.
 */
export function graphOf(id: string, nodes: TopologyNode[], edges: TopologyEdge[], direction: 'RIGHT' | 'DOWN', aspect: number, between = betweenLayers, apps = false): ElkNode {
  const pairs = pairsOf(nodes, edges);
  const shaping = strongest(pairs, nodes.length);
  const layoutOptions = { ...spacing, 'elk.layered.thoroughness': shaping.length < pairs.length ? thoroughness.dense : thoroughness.sparse, 'elk.layered.spacing.nodeNodeBetweenLayers': String(between), 'elk.direction': direction };
  const children: ElkNode[] = apps ? withApps(nodes, layoutOptions) : nodes.map(node => ({ id: node.id, ...nodeSize(node) }));
  return {
    id,
    layoutOptions: {
      ...layoutOptions, 'elk.aspectRatio': String(aspect), 'elk.padding': boxPadding,
      // Many times slower, so only where a box is in the box.
      ...(children.some(child => child.children) ? { 'elk.hierarchyHandling': 'INCLUDE_CHILDREN' } : {}),
    },
    children,
    edges: shaping.map((edge, index) => ({ id: `e${index}`, sources: [edge.source], targets: [edge.target] })),
  };
}

/** Centres of all leaves in the coordinates of the root. */
export function positionsOf(graph: ElkNode): Map<string, Point> {
  const found = new Map<string, Point>();
  const walk = (node: ElkNode, x: number, y: number): void => {
    for (const child of node.children ?? []) {
      const cx = x + (child.x ?? 0);
      const cy = y + (child.y ?? 0);
      if (child.children) walk(child, cx, cy);
      else found.set(child.id, { x: Math.round(cx + (child.width ?? 0) / 2), y: Math.round(cy + (child.height ?? 0) / 2) });
    }
  };
  walk(graph, 0, 0);
  return found;
}

export interface Progress {
  done: number;
  total: number;
}

/**
 * Positions for all nodes: each namespace by the engine, callers at the left, then the boxes in columns. Without boxes the whole in
 * the direction that fills the picture better, and at once where everybody calls everybody.
 * @param aspect width ÷ height of the picture.
 * @param report called after each part.
 * @param room between callers and callees.
 */
export async function layOut(engine: LayoutEngine, nodes: TopologyNode[], edges: TopologyEdge[], boxes: boolean, aspect: number, report: (progress: Progress) => void, room = betweenLayers): Promise<Map<string, Point>> {
  const byGroup = groups(nodes);
  if (!boxes) {
    const ordered = [...byGroup.values()].flat();
    const inColumns = tangled(ordered, edges, aspect);
    if (inColumns !== null) return inColumns;
    report({ done: 0, total: 2 });
    const right = await engine.layout(graphOf('root', ordered, edges, 'RIGHT', aspect, room));
    report({ done: 1, total: 2 });
    const [breadth, height] = [(right.width ?? 0) / aspect, right.height ?? 0];
    // What fills the picture as it is cannot be bettered by much, and the other direction would take as long again.
    if (Math.min(breadth, height) > fillsFrom * Math.max(breadth, height)) {
      report({ done: 2, total: 2 });
      return positionsOf(right);
    }
    const down = await engine.layout(graphOf('root', ordered, edges, 'DOWN', aspect, room));
    report({ done: 2, total: 2 });
    const cost = (graph: ElkNode): number => Math.max((graph.width ?? 0) / aspect, graph.height ?? 0);
    return positionsOf(cost(right) <= cost(down) * 1.15 ? right : down);
  }

  const groupOf = new Map(nodes.map(node => [node.id, groupKey(node)]));
  const inner = new Map<string, TopologyEdge[]>();
  const between = new Map<string, Flow>();
  for (const edge of edges) {
    const [source, target] = [groupOf.get(edge.source), groupOf.get(edge.target)];
    if (source === undefined || target === undefined || edge.source === edge.target) continue;
    if (source === target) {
      const list = inner.get(source);
      if (list) list.push(edge);
      else inner.set(source, [edge]);
    } else {
      const key = `${source}|${target}`;
      between.set(key, { source, target, weight: (between.get(key)?.weight ?? 0) + 1 });
    }
  }

  let done = 0;
  report({ done, total: byGroup.size });
  const laid: (Box & { cluster: string; members: Map<string, Point> })[] = [];
  for (const [key, members] of byGroup) {
    const graph = await engine.layout(graphOf(key, members, inner.get(key) ?? [], 'RIGHT', 1.4, room, true));
    laid.push({ key, cluster: members[0]?.cluster ?? '', width: graph.width ?? 200, height: graph.height ?? 120, members: positionsOf(graph) });
    report({ done: ++done, total: byGroup.size });
  }

  const corners = cornersOf(laid, [...between.values()], aspect);
  const positions = new Map<string, Point>();
  for (const box of laid) {
    const at = corners.get(box.key) ?? { x: 0, y: 0 };
    for (const [id, point] of box.members) positions.set(id, { x: Math.round(at.x + point.x), y: Math.round(at.y + point.y) });
  }
  return positions;
}

/** Top left corners of the boxes of namespaces: those of a cluster together, and clusters in columns as namespaces are. */
export function cornersOf(boxes: readonly (Box & { cluster: string })[], flows: readonly Flow[], aspect: number): Map<string, Point> {
  const clusters = new Map<string, (Box & { cluster: string })[]>();
  for (const box of boxes) clusters.set(box.cluster, [...(clusters.get(box.cluster) ?? []), box]);
  if (clusters.size < 2) return columns(boxes, flows, aspect, betweenBoxes);

  const clusterOf = new Map(boxes.map(box => [box.key, box.cluster]));
  const inner = new Map([...clusters].map(([cluster, own]) => [cluster, columns(own, flows.filter(flow => clusterOf.get(flow.source) === cluster && clusterOf.get(flow.target) === cluster), aspect, betweenBoxes)]));
  const outer = [...clusters].map(([cluster, own]) => {
    const corners = inner.get(cluster) as Map<string, Point>;
    const [width, height] = [Math.max(...own.map(box => (corners.get(box.key) as Point).x + box.width)), Math.max(...own.map(box => (corners.get(box.key) as Point).y + box.height))];
    return { key: cluster, width, height };
  });
  const across = flows.flatMap(flow => {
    const [source, target] = [clusterOf.get(flow.source), clusterOf.get(flow.target)];
    return source === undefined || target === undefined || source === target ? [] : [{ source, target, weight: flow.weight }];
  });
  const places = columns(outer, across, aspect, betweenClusters);
  return new Map(boxes.map(box => {
    const [at, within] = [places.get(box.cluster) as Point, inner.get(box.cluster)?.get(box.key) as Point];
    return [box.key, { x: at.x + within.x, y: at.y + within.y }];
  }));
}

/** From this many nodes on, each with this many callees and callers together on the average, there are no layers to be found. */
const tangle = { nodes: 30, calls: 20 };

/**
 * Where nearly everybody calls everybody, layers do not part callers and callees, and crossings are everywhere: such nodes stand
 * in columns like boxes, by how far down the calls most of their traffic comes, so near to each other that their names can be read.
 * @returns null for a graph with layers.
 */
export function tangled(nodes: TopologyNode[], edges: TopologyEdge[], aspect: number): Map<string, Point> | null {
  if (nodes.length < tangle.nodes || edges.length * 2 < nodes.length * tangle.calls) return null;
  // Without traffic a call tells no less of who is further down, only less loudly.
  const pairs = pairsOf(nodes, edges).map(pair => ({ ...pair, weight: pair.weight + 0.001 }));
  const boxes = nodes.map(node => ({ key: node.id, ...nodeSize(node) }));
  const corners = columns(boxes, pairs, aspect, { x: betweenLayers, y: 36 });
  return new Map(boxes.map(({ key, width, height }) => {
    const { x, y } = corners.get(key) as Point;
    return [key, { x: Math.round(x + width / 2), y: Math.round(y + height / 2) }];
  }));
}

/**
 * The edges that shape a layout: of a dense graph the strongest of each end, four for each node on the average. The rest is drawn
 * all the same; for the engine it would only be work, since every place is as good as any other for them.
 */
export function strongest<T extends { source: string; target: string; weight: number }>(edges: T[], nodes: number): T[] {
  if (edges.length <= nodes * 4) return edges;
  const kept: T[] = [];
  const count = new Map<string, number>();
  const ordered = [...edges].sort((a, b) => b.weight - a.weight || (a.source + a.target < b.source + b.target ? -1 : 1));
  for (const edge of ordered) {
    const [from, to] = [count.get(edge.source) ?? 0, count.get(edge.target) ?? 0];
    if (from >= 4 && to >= 4) continue;
    kept.push(edge);
    count.set(edge.source, from + 1);
    count.set(edge.target, to + 1);
  }
  return kept;
}

/** Nodes that call each other draw together, all others push each other away; afterwards none lies on another. */
export async function layOutByForce(engine: LayoutEngine, nodes: TopologyNode[], edges: TopologyEdge[]): Promise<Map<string, Point>> {
  const ordered = [...groups(nodes).values()].flat();
  const graph = graphOf('root', ordered, edges, 'RIGHT', 1.6);
  graph.layoutOptions = { 'elk.algorithm': 'force', 'elk.force.iterations': '300', 'elk.spacing.nodeNode': '60', 'elk.randomSeed': '7', 'elk.separateConnectedComponents': 'true', 'elk.padding': boxPadding };
  const places = positionsOf(await engine.layout(graph));
  // The engine takes nodes for circles: they are broad and low, so the picture is drawn together, and more so from above.
  return separate(new Map<string, Placed>(ordered.map(node => [node.id, { x: (places.get(node.id)?.x ?? 0) * 0.62, y: (places.get(node.id)?.y ?? 0) * 0.36, ...nodeSize(node) }])));
}

/** A plain arrangement by namespace in rows, for a layout that was cancelled or failed: everything is in sight and nothing overlaps. */
export function gridPositions(nodes: TopologyNode[]): Map<string, Point> {
  const positions = new Map<string, Point>();
  const cell = { x: 280, y: 68 };
  const perGroup = [...groups(nodes).values()].map(members => ({ members, columns: Math.ceil(Math.sqrt(members.length / 2)) }));
  const rowWidth = Math.max(6, Math.ceil(Math.sqrt(nodes.length) * 1.2));
  let [x, y, rowHeight] = [0, 0, 0];
  for (const { members, columns } of perGroup) {
    if (x > 0 && x + columns > rowWidth) [x, y, rowHeight] = [0, y + rowHeight + 2, 0];
    members.forEach((node, index) => positions.set(node.id, { x: (x + (index % columns)) * cell.x, y: (y + Math.floor(index / columns)) * cell.y }));
    x += columns + 1;
    rowHeight = Math.max(rowHeight, Math.ceil(members.length / columns));
  }
  return positions;
}
