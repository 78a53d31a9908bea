// Thousands of straight lines with their arrows, as plain numbers: pure but for the context that they are drawn to, so that a worker
// draws them and a test reads them.
import type { edgeStroke } from './appearance';
import type { Point } from './types';

/** How some lines look. Widths are in units of the graph. */
export interface Look {
  colour: string;
  width: number;
  opacity: number;
  stroke: ReturnType<typeof edgeStroke>;
  /** What is drawn later lies above. */
  layer: number;
}

export interface LineSet {
  /** Ends of each line: from x, from y, to x, to y. Lines of one look lie together, in the order in which they are drawn. */
  points: Float32Array;
  looks: Look[];
  /** How many lines each look has. Lines beyond all of these are found but not drawn. */
  counts: Uint32Array;
}

export interface Found {
  lines: LineSet;
  /** Whose line each is. */
  ids: string[];
}

/** What is seen: a point of the graph is drawn at `zoom` times itself, moved by `x` and `y`, in pixels of the page. */
export interface Sight {
  zoom: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Middle extends Point {
  width: number;
  height: number;
}

/** Where a straight line between two boxes leaves the first and meets the second; null where they lie on each other. */
export function lineBetween(from: Middle, to: Middle): [number, number, number, number] | null {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  if (!Number.isFinite(dx) || !Number.isFinite(dy)) return null;
  const out = border(from, dx, dy);
  const into = border(to, dx, dy);
  return out + into >= 1 ? null : [from.x + dx * out, from.y + dy * out, to.x - dx * into, to.y - dy * into];
}

/** The share of a way that lies within the box it begins or ends in. */
function border(box: Middle, dx: number, dy: number): number {
  return Math.min(dx === 0 ? Infinity : box.width / 2 / Math.abs(dx), dy === 0 ? Infinity : box.height / 2 / Math.abs(dy));
}

/** Collects lines by their looks. */
export class LineSetBuilder {
  readonly #groups = new Map<string, { look: Look; ids: string[]; points: number[] }>();
  readonly #undrawn: { ids: string[]; points: number[] } = { ids: [], points: [] };

  /** @param look null for a line that somebody else draws. */
  add(id: string, line: readonly [number, number, number, number], look: Look | null): void {
    const group = look === null ? this.#undrawn : this.#groupOf(look);
    group.ids.push(id);
    group.points.push(line[0], line[1], line[2], line[3]);
  }

  #groupOf(look: Look): { ids: string[]; points: number[] } {
    const key = `${look.layer} ${look.colour} ${look.width} ${look.opacity} ${look.stroke}`;
    const group = this.#groups.get(key) ?? { look, ids: [], points: [] };
    this.#groups.set(key, group);
    return group;
  }

  build(): Found {
    const drawn = [...this.#groups.values()].sort((a, b) => a.look.layer - b.look.layer || a.look.width - b.look.width);
    const all = [...drawn, this.#undrawn];
    const points = new Float32Array(all.reduce((sum, group) => sum + group.points.length, 0));
    let at = 0;
    for (const group of all) {
      points.set(group.points, at);
      at += group.points.length;
    }
    return { lines: { points, looks: drawn.map(group => group.look), counts: Uint32Array.from(drawn, group => group.ids.length) }, ids: all.flatMap(group => group.ids) };
  }
}

/** The line that is nearest to a point, and no farther away than that; the upper one of two. Thousands are gone through in less than a frame's hundredth. */
export function lineAt({ lines: { points }, ids }: Found, at: Point, reach: number): string | null {
  let found: string | null = null;
  let nearest = reach * reach;
  for (let index = 0; index < ids.length; index++) {
    const [x1, y1] = [points[4 * index] as number, points[4 * index + 1] as number];
    const [dx, dy] = [(points[4 * index + 2] as number) - x1, (points[4 * index + 3] as number) - y1];
    const along = Math.max(0, Math.min(1, ((at.x - x1) * dx + (at.y - y1) * dy) / (dx * dx + dy * dy || 1)));
    const [ox, oy] = [x1 + along * dx - at.x, y1 + along * dy - at.y];
    const far = ox * ox + oy * oy;
    if (far <= nearest) [nearest, found] = [far, ids[index] as string];
  }
  return found;
}

const dashes: Record<Look['stroke'], number[]> = { solid: [], dashed: [7, 4], dotted: [1, 2] };

/** Room beyond what is seen, as a share of it on each side: a view that is moved shows it at once. */
export const margin = 0.25;

/** The sight of a picture with its margins. */
export function withMargin(sight: Sight): Sight {
  return { zoom: sight.zoom, x: sight.x + sight.width * margin, y: sight.y + sight.height * margin, width: sight.width * (1 + 2 * margin), height: sight.height * (1 + 2 * margin) };
}

/** How a picture of one sight, margins included, has to be moved and scaled to be a picture of another. */
export function shift(drawn: Sight, now: Sight): { x: number; y: number; scale: number } {
  const scale = now.zoom / drawn.zoom;
  return { scale, x: now.x - drawn.x * scale, y: now.y - drawn.y * scale };
}

/** Whether a picture, margins included, still shows all of what is seen, with room for the next move, and in the right size. */
export function covers(drawn: Sight, now: Sight): boolean {
  const { x, y, scale } = shift(drawn, now);
  const [roomX, roomY] = [(now.width * margin) / 3, (now.height * margin) / 3];
  return scale === 1 && x <= -roomX && y <= -roomY && x + drawn.width >= now.width + roomX && y + drawn.height >= now.height + roomY;
}

/** @param ratio pixels of the canvas to one of the page. */
export function drawLines(context: Pick<CanvasRenderingContext2D, 'setTransform' | 'setLineDash' | 'beginPath' | 'moveTo' | 'lineTo' | 'stroke' | 'fill' | 'closePath'> & { strokeStyle: unknown; fillStyle: unknown; globalAlpha: number; lineWidth: number }, lines: LineSet, sight: Sight, ratio: number): void {
  context.setTransform(ratio * sight.zoom, 0, 0, ratio * sight.zoom, ratio * sight.x, ratio * sight.y);
  const [left, top] = [-sight.x / sight.zoom, -sight.y / sight.zoom];
  const [right, bottom] = [left + sight.width / sight.zoom, top + sight.height / sight.zoom];
  let at = 0;
  lines.looks.forEach((look, index) => {
    context.strokeStyle = context.fillStyle = look.colour;
    context.globalAlpha = look.opacity;
    context.lineWidth = look.width;
    context.setLineDash(dashes[look.stroke]);
    const [length, half] = [6 + look.width, 2.4 + look.width * 0.6];
    for (const end = at + 4 * (lines.counts[index] as number); at < end; at += 4) {
      const [x1, y1, x2, y2] = [lines.points[at] as number, lines.points[at + 1] as number, lines.points[at + 2] as number, lines.points[at + 3] as number];
      if (Math.max(x1, x2) < left || Math.min(x1, x2) > right || Math.max(y1, y2) < top || Math.min(y1, y2) > bottom) continue;
      const far = Math.hypot(x2 - x1, y2 - y1);
      if (far === 0) continue;
      const [ux, uy] = [(x2 - x1) / far, (y2 - y1) / far];
      const head = Math.min(length, far);
      const [bx, by] = [x2 - ux * head, y2 - uy * head];
      // One path each: many lines in one path would have to be cut with each other.
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(bx, by);
      context.stroke();
      context.beginPath();
      context.moveTo(x2, y2);
      context.lineTo(bx - uy * half, by + ux * half);
      context.lineTo(bx + uy * half, by - ux * half);
      context.closePath();
      context.fill();
    }
  });
}
