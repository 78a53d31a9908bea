// What a comparison of two instants adds to the picture: a line at whatever differs, and what only the other instant has. Pure.
import { edgeKey, type TopologyEdge, type TopologyNode } from './types';

export interface Compared {
  /** Sign, word and numbers by id of a node or key of an edge. */
  lines: Record<string, string>;
  nodes: { id: string; kind: string; cluster: string; namespace: string; name: string }[];
  edges: { source: string; target: string; protocol: string }[];
}

/** The line of the comparison takes the place of what is written otherwise: it has the numbers that count, and edges are short. */
export function comparedLines(edge: TopologyEdge, compared: Compared | null, lines: string[]): string[] {
  const line = compared?.lines[edgeKey(edge)];
  return line === undefined ? lines : [line];
}

/** What is there together with what is gone: that has no traffic, and nothing is said of its health. */
export function withGone(
  graph: { nodes: ReadonlyMap<string, TopologyNode>; edges: ReadonlyMap<string, TopologyEdge> },
  compared: Compared | null,
): { nodes: TopologyNode[]; edges: TopologyEdge[] } {
  const nodes = [...graph.nodes.values()];
  const edges = [...graph.edges.values()];
  if (compared === null) return { nodes, edges };
  const known = new Set(graph.nodes.keys());
  for (const node of compared.nodes) {
    if (known.has(node.id)) continue;
    known.add(node.id);
    nodes.push({ ...node, health: 'idle', reasons: ['It is only in the instant that is compared with.'] });
  }
  for (const edge of compared.edges) {
    if (graph.edges.has(edgeKey(edge)) || !known.has(edge.source) || !known.has(edge.target)) continue;
    edges.push({ ...edge, mtls: { state: 'idle', ratio: null, reason: null }, health: 'idle' });
  }
  return { nodes, edges };
}
