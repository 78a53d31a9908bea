// Finds a place for a node that appeared, without moving any other: near its neighbours, else below its namespace.
import type { Point } from './types';

export interface Placed extends Point {
  width: number;
  height: number;
}

const gap = 22;

function free(at: Point, size: { width: number; height: number }, others: Iterable<Placed>): boolean {
  for (const other of others) {
    if (Math.abs(at.x - other.x) < (size.width + other.width) / 2 + gap && Math.abs(at.y - other.y) < (size.height + other.height) / 2 + gap) return false;
  }
  return true;
}

/**
 * @param wish centre to be near to; null when the node has no neighbour and no namespace in sight.
 * @param others every node that has its place already.
 */
export function place(size: { width: number; height: number }, wish: Point | null, others: readonly Placed[]): Point {
  if (others.length === 0) return { x: 0, y: 0 };
  const centre = wish ?? {
    x: others.reduce((sum, other) => sum + other.x, 0) / others.length,
    y: Math.max(...others.map(other => other.y + other.height / 2)) + size.height + gap,
  };
  // Rings of growing radius around the wish, each at twelve places; the same mesh gives the same place.
  for (let ring = 0; ring < 80; ring++) {
    const radius = ring * 34;
    const steps = ring === 0 ? 1 : 12;
    for (let step = 0; step < steps; step++) {
      const angle = (step / steps) * 2 * Math.PI;
      const at = { x: Math.round(centre.x + radius * 1.6 * Math.cos(angle)), y: Math.round(centre.y + radius * Math.sin(angle)) };
      if (free(at, size, others)) return at;
    }
  }
  return { x: Math.round(centre.x), y: Math.round(Math.max(...others.map(other => other.y + other.height)) + size.height + gap) };
}

/** Where a new node wants to be: between its neighbours, or else under the middle of its namespace's nodes. */
export function wishFor(neighbours: readonly Placed[], sameNamespace: readonly Placed[]): Point | null {
  if (neighbours.length > 0) {
    const x = neighbours.reduce((sum, other) => sum + other.x, 0) / neighbours.length;
    const y = neighbours.reduce((sum, other) => sum + other.y, 0) / neighbours.length;
    return { x, y: y + (neighbours.length === 1 ? 80 : 0) };
  }
  if (sameNamespace.length > 0) {
    return {
      x: sameNamespace.reduce((sum, other) => sum + other.x, 0) / sameNamespace.length,
      y: Math.max(...sameNamespace.map(other => other.y)) + 70,
    };
  }
  return null;
}

/** The nearest node in a direction: far aside counts more than far ahead, so that the arrow keys go where the eye goes. */
export function nearest(from: Point, direction: 'left' | 'right' | 'up' | 'down', others: ReadonlyMap<string, Point>): string | null {
  let best: string | null = null;
  let bestCost = Infinity;
  for (const [id, point] of others) {
    const [dx, dy] = [point.x - from.x, point.y - from.y];
    const [ahead, aside] = direction === 'left' ? [-dx, dy] : direction === 'right' ? [dx, dy] : direction === 'up' ? [-dy, dx] : [dy, dx];
    if (ahead <= 1) continue;
    const cost = ahead + 2 * Math.abs(aside);
    if (cost < bestCost) [best, bestCost] = [id, cost];
  }
  return best;
}

/** Nodes as one reads: line by line from the top, each from the left; what lies half a line lower is still in it. */
export function readingOrder(places: ReadonlyMap<string, Point>): string[] {
  const line = 34;
  const ordered = [...places].sort((a, b) => a[1].y - b[1].y || a[1].x - b[1].x || (a[0] < b[0] ? -1 : 1));
  const lines: [string, Point][][] = [];
  for (const entry of ordered) {
    const last = lines[lines.length - 1];
    if (last?.[0] && entry[1].y - last[0][1].y < line) last.push(entry);
    else lines.push([entry]);
  }
  return lines.flatMap(entries => entries.sort((a, b) => a[1].x - b[1].x || (a[0] < b[0] ? -1 : 1)).map(([id]) => id));
}
