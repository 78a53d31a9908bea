// Turns a topology into graphs for the layout engine and its answers into positions. Small meshes are laid out in one go with
// boxes by namespace; large ones namespace by namespace and then the boxes, which is many times faster, tells how far it
// is, and can be cancelled in between.
import { nodeSize } from './appearance';
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

/** Up to here one hierarchical layout is fast enough. */
export const wholeLayoutLimit = 150;

const spacing: Record<string, string> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.spacing.nodeNode': '26',
  'elk.layered.spacing.nodeNodeBetweenLayers': '96',
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NONE',
  'elk.separateConnectedComponents': 'true',
  'elk.spacing.componentComponent': '40',
  'elk.aspectRatio': '1.6',
};

const boxPadding = '[top=44,left=22,bottom=22,right=22]';

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

function leaf(node: TopologyNode): ElkNode {
  return { id: node.id, ...nodeSize(node) };
}

/** One graph with a box for each namespace; without boxes when nodes are namespaces themselves. */
export function wholeGraph(nodes: TopologyNode[], edges: TopologyEdge[], boxes: boolean): ElkNode {
  const elkEdges = edges.filter(edge => edge.source !== edge.target).map((edge, index) => ({ id: `e${index}`, sources: [edge.source], targets: [edge.target] }));
  if (!boxes) {
    return { id: 'root', layoutOptions: spacing, children: [...groups(nodes).values()].flat().map(leaf), edges: elkEdges };
  }
  return {
    id: 'root',
    layoutOptions: { ...spacing, 'elk.hierarchyHandling': 'INCLUDE_CHILDREN' },
    children: [...groups(nodes)].map(([key, members]) => ({
      id: `box:${key}`,
      layoutOptions: { 'elk.padding': boxPadding },
      children: members.map(leaf),
    })),
    edges: elkEdges,
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
 * Positions for all nodes.
 * @param report called after each part; nothing is reported for a layout in one go but its start and end.
 */
export async function layOut(engine: LayoutEngine, nodes: TopologyNode[], edges: TopologyEdge[], boxes: boolean, report: (progress: Progress) => void): Promise<Map<string, Point>> {
  if (nodes.length <= wholeLayoutLimit) {
    report({ done: 0, total: 1 });
    const laid = positionsOf(await engine.layout(wholeGraph(nodes, edges, boxes)));
    report({ done: 1, total: 1 });
    return laid;
  }

  const byGroup = groups(nodes);
  const groupOf = new Map(nodes.map(node => [node.id, groupKey(node)]));
  const inner = new Map<string, TopologyEdge[]>();
  const between = new Map<string, { source: string; target: string }>();
  for (const edge of edges) {
    const [source, target] = [groupOf.get(edge.source), groupOf.get(edge.target)];
    if (source === undefined || target === undefined || edge.source === edge.target) continue;
    if (source === target) {
      const list = inner.get(source);
      if (list) list.push(edge);
      else inner.set(source, [edge]);
    } else {
      between.set(`${source}|${target}`, { source, target });
    }
  }

  const total = byGroup.size + 1;
  let done = 0;
  report({ done, total });
  const boxesLaid: { key: string; width: number; height: number; members: Map<string, Point> }[] = [];
  for (const [key, members] of byGroup) {
    const graph: ElkNode = {
      id: key,
      layoutOptions: { ...spacing, 'elk.padding': boxPadding, 'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF', 'elk.layered.thoroughness': '3' },
      children: members.map(leaf),
      edges: (inner.get(key) ?? []).map((edge, index) => ({ id: `e${index}`, sources: [edge.source], targets: [edge.target] })),
    };
    const laid = await engine.layout(graph);
    boxesLaid.push({ key, width: laid.width ?? 200, height: laid.height ?? 120, members: positionsOf(laid) });
    report({ done: ++done, total });
  }

  const outer = await engine.layout({
    id: 'root',
    layoutOptions: { ...spacing, 'elk.spacing.nodeNode': '60', 'elk.layered.spacing.nodeNodeBetweenLayers': '140', 'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF', 'elk.layered.thoroughness': '3', 'elk.layered.cycleBreaking.strategy': 'GREEDY' },
    children: boxesLaid.map(box => ({ id: box.key, width: box.width, height: box.height })),
    edges: [...between.values()].map((edge, index) => ({ id: `e${index}`, sources: [edge.source], targets: [edge.target] })),
  });
  const corner = new Map((outer.children ?? []).map(child => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
  const positions = new Map<string, Point>();
  for (const box of boxesLaid) {
    const at = corner.get(box.key) ?? { x: 0, y: 0 };
    for (const [id, point] of box.members) positions.set(id, { x: Math.round(at.x + point.x), y: Math.round(at.y + point.y) });
  }
  report({ done: total, total });
  return positions;
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
