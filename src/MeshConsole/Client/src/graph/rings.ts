// Places for the layouts without boxes: rings around one node, and the room that an engine's force layout does not keep.
import { nodeSize } from './appearance';
import type { Placed } from './placement';
import type { Point, TopologyEdge, TopologyNode } from './types';

/** Layouts that an address may ask for. */
export type LayoutName = 'layered' | 'concentric' | 'force';

/** More nodes than this are not laid out by forces: it takes minutes and ends in a ball of wool. */
export const forceUpTo = 300;

/** And no rings of more than this: no name could be read. */
export const ringsUpTo = 600;

const between = { along: 26, rings: 118 };

/** How far each node is from the one in the middle, whichever way the calls go; those that cannot be reached are outermost. */
export function distances(nodes: readonly TopologyNode[], edges: Iterable<TopologyEdge>, middle: string | null): Map<string, number> {
  const neighbours = new Map<string, Set<string>>(nodes.map(node => [node.id, new Set<string>()]));
  for (const { source, target } of edges) {
    if (source === target) continue;
    const [from, to] = [neighbours.get(source), neighbours.get(target)];
    if (!from || !to) continue;
    from.add(target);
    to.add(source);
  }
  const ordered = [...neighbours].sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1));
  const start = middle !== null && neighbours.has(middle) ? middle : ordered[0]?.[0];
  const found = new Map<string, number>();
  if (start === undefined) return found;
  found.set(start, 0);
  let rim = [start];
  let distance = 0;
  while (rim.length > 0) {
    distance++;
    const next: string[] = [];
    for (const id of rim) {
      for (const other of neighbours.get(id) ?? []) {
        if (found.has(other)) continue;
        found.set(other, distance);
        next.push(other);
      }
    }
    rim = next;
  }
  for (const node of nodes) if (!found.has(node.id)) found.set(node.id, distance);
  return found;
}

/** Rings around the node in the middle (or the one with most neighbours), each wide enough for its nodes. */
export function rings(nodes: readonly TopologyNode[], edges: readonly TopologyEdge[], middle: string | null): Map<string, Point> {
  const distance = distances(nodes, edges, middle);
  const byRing = new Map<number, TopologyNode[]>();
  for (const node of [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const ring = distance.get(node.id) ?? 0;
    byRing.set(ring, [...(byRing.get(ring) ?? []), node]);
  }
  const angles = new Map<string, number>();
  const places = new Map<string, Placed>();
  let radius = -between.rings;
  for (const ring of [...byRing.keys()].sort((a, b) => a - b)) {
    const members = byRing.get(ring) as TopologyNode[];
    const length = members.reduce((total, node) => total + nodeSize(node).width + between.along, 0);
    radius = ring === 0 && members.length === 1 ? 0 : Math.max(radius + between.rings, length / (2 * Math.PI));
    // Beside those that it calls or is called by, one ring further in.
    const wish = (node: TopologyNode): number => {
      let [x, y] = [0, 0];
      for (const edge of edges) {
        const other = edge.source === node.id ? angles.get(edge.target) : edge.target === node.id ? angles.get(edge.source) : undefined;
        if (other !== undefined) [x, y] = [x + Math.cos(other), y + Math.sin(other)];
      }
      return x === 0 && y === 0 ? 7 : Math.atan2(y, x);
    };
    const wished = members.map(node => ({ node, wish: wish(node) })).sort((a, b) => a.wish - b.wish || (a.node.id < b.node.id ? -1 : 1));
    let at = 0;
    for (const { node } of wished) {
      const size = nodeSize(node);
      const share = (size.width + between.along) / length;
      const angle = -Math.PI + 2 * Math.PI * (at + share / 2);
      at += share;
      if (radius > 0) angles.set(node.id, angle);
      places.set(node.id, { x: radius * Math.cos(angle), y: radius * Math.sin(angle), ...size });
    }
  }
  return separate(places);
}

/** Pushes nodes apart that lie on each other, along the way that is shorter. Bounded: what is left after it overlaps a little. */
export function separate(places: ReadonlyMap<string, Placed>, gap = 20, rounds = 240): Map<string, Point> {
  const all = [...places].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([id, at]) => ({ id, ...at, x: Number.isFinite(at.x) ? at.x : 0, y: Number.isFinite(at.y) ? at.y : 0 }));
  for (let round = 0; round < rounds; round++) {
    let moved = false;
    // Only neighbours along one axis can touch: sorted, each looks at few.
    const sorted = [...all].sort((a, b) => a.y - b.y || (a.id < b.id ? -1 : 1));
    for (let i = 0; i < sorted.length; i++) {
      const a = sorted[i] as (typeof all)[number];
      for (let j = i + 1; j < sorted.length; j++) {
        const b = sorted[j] as (typeof all)[number];
        if (b.y - a.y > 300) break;
        const [overX, overY] = [(a.width + b.width) / 2 + gap - Math.abs(a.x - b.x), (a.height + b.height) / 2 + gap - Math.abs(a.y - b.y)];
        if (overX <= 0 || overY <= 0) continue;
        moved = true;
        if (overY <= overX) {
          const sign = a.y <= b.y ? 1 : -1;
          a.y -= (sign * overY) / 2;
          b.y += (sign * overY) / 2;
        } else {
          const sign = a.x <= b.x ? 1 : -1;
          a.x -= (sign * overX) / 2;
          b.x += (sign * overX) / 2;
        }
      }
    }
    if (!moved) break;
  }
  return new Map(all.map(({ id, x, y }) => [id, { x: Math.round(x), y: Math.round(y) }]));
}
