// Which nodes most others depend on: a place in the order of callers, of callees or of traffic.
import type { TopologyEdge, TopologyNode } from './types';

export type RankBy = 'in' | 'out' | 'rate';

export const rankWords: Record<RankBy, string> = { in: 'by callers', out: 'by callees', rate: 'by requests' };

/** Places from 1 on; equals share one, and what has none of it, or of which it is not known, has no place. */
export function ranks(nodes: Iterable<TopologyNode>, edges: Iterable<TopologyEdge>, by: RankBy): Map<string, number> {
  const values = new Map<string, number>();
  if (by === 'rate') {
    for (const node of nodes) if (node.requestsPerSecond != null && node.requestsPerSecond > 0) values.set(node.id, node.requestsPerSecond);
  } else {
    const pairs = new Set<string>();
    for (const { source, target } of edges) {
      // One caller over two protocols is one; a call to itself makes nobody depend on it.
      if (source === target || pairs.has(`${source}|${target}`)) continue;
      pairs.add(`${source}|${target}`);
      const id = by === 'in' ? target : source;
      values.set(id, (values.get(id) ?? 0) + 1);
    }
  }
  const ordered = [...values].sort((a, b) => b[1] - a[1]);
  const places = new Map<string, number>();
  ordered.forEach(([id, value], index) => places.set(id, index > 0 && ordered[index - 1]?.[1] === value ? (places.get(ordered[index - 1]?.[0] as string) as number) : index + 1));
  return places;
}
