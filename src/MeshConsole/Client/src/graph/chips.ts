// Finds room for the words and locks at edges: where one would lie on a node or on another one it moves along its edge, and where
// there is no room it is left out, the least important first. All in the coordinates of the graph, so that it holds for every zoom.
import type { Point } from './types';

export interface ChipWish {
  key: string;
  /** The edge as a curve: from, through, to. */
  from: Point;
  through: Point;
  to: Point;
  width: number;
  height: number;
  /** Greater comes first. */
  priority: number;
}

export interface Rect {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Along the edge: its middle first, then to both sides. */
const along = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78];

const cell = 120;

/** A grid over rectangles, so that each question looks at its surroundings only. */
class Crowd {
  readonly #cells = new Map<string, Rect[]>();

  add(rect: Rect): void {
    for (let x = Math.floor(rect.x1 / cell); x <= Math.floor(rect.x2 / cell); x++) {
      for (let y = Math.floor(rect.y1 / cell); y <= Math.floor(rect.y2 / cell); y++) {
        const key = `${x},${y}`;
        const list = this.#cells.get(key);
        if (list) list.push(rect);
        else this.#cells.set(key, [rect]);
      }
    }
  }

  hits(rect: Rect): boolean {
    for (let x = Math.floor(rect.x1 / cell); x <= Math.floor(rect.x2 / cell); x++) {
      for (let y = Math.floor(rect.y1 / cell); y <= Math.floor(rect.y2 / cell); y++) {
        for (const other of this.#cells.get(`${x},${y}`) ?? []) {
          if (rect.x1 < other.x2 && other.x1 < rect.x2 && rect.y1 < other.y2 && other.y1 < rect.y2) return true;
        }
      }
    }
    return false;
  }
}

/**
 * Those of some names that have room beside each other: the heavier first, of equal ones the upper left, so that the same stay from
 * one drawing to the next.
 * @param aside how far up or down a name may stand instead.
 * @param taken what has its place already.
 */
export function withRoom<T extends Rect & { weight: number }>(names: readonly T[], aside: readonly number[] = [], taken: readonly Rect[] = []): T[] {
  const crowd = new Crowd();
  for (const rect of taken) crowd.add(rect);
  return [...names]
    .sort((a, b) => b.weight - a.weight || a.y1 - b.y1 || a.x1 - b.x1)
    .flatMap(name => {
      for (const by of [0, ...aside]) {
        const moved = { ...name, y1: name.y1 + by, y2: name.y2 + by };
        if (crowd.hits(moved)) continue;
        crowd.add(moved);
        return [moved];
      }
      return [];
    });
}

/** A point of the curve through three points, 0 at its start to 1 at its end. */
export function onCurve(from: Point, through: Point, to: Point, t: number): Point {
  const cx = 2 * through.x - (from.x + to.x) / 2;
  const cy = 2 * through.y - (from.y + to.y) / 2;
  return {
    x: (1 - t) ** 2 * from.x + 2 * t * (1 - t) * cx + t * t * to.x,
    y: (1 - t) ** 2 * from.y + 2 * t * (1 - t) * cy + t * t * to.y,
  };
}

/** Centres of the chips that have room. */
export function placeChips(wishes: readonly ChipWish[], nodes: readonly Rect[]): Map<string, Point> {
  const crowd = new Crowd();
  for (const node of nodes) crowd.add(node);
  const placed = new Map<string, Point>();
  const ordered = [...wishes].sort((a, b) => b.priority - a.priority || (a.key < b.key ? -1 : 1));
  for (const wish of ordered) {
    const length = Math.hypot(wish.to.x - wish.from.x, wish.to.y - wish.from.y);
    // On a shorter edge the chip would be all there is to see.
    if (length < wish.width + 14 && Math.abs(wish.to.x - wish.from.x) > Math.abs(wish.to.y - wish.from.y)) continue;
    for (const t of along) {
      const at = onCurve(wish.from, wish.through, wish.to, t);
      const rect = { x1: at.x - wish.width / 2 - 2, y1: at.y - wish.height / 2 - 1, x2: at.x + wish.width / 2 + 2, y2: at.y + wish.height / 2 + 1 };
      if (crowd.hits(rect)) continue;
      crowd.add(rect);
      placed.set(wish.key, at);
      break;
    }
  }
  return placed;
}
