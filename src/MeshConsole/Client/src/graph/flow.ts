// Dots that move along edges: the more traffic, the closer they follow each other; those of failed requests are squares and red. Pure
// functions of the time, so that nothing is kept from one picture to the next and a picture can be tested.
import { onCurve } from './chips';
import type { Point } from './types';

/** An edge as it lies on the canvas, and what flows along it. */
export interface Stream {
  key: string;
  from: Point;
  through: Point;
  to: Point;
  /** Requests, or connections, per second. */
  perSecond: number;
  errorRatio: number;
}

export interface Dot {
  at: Point;
  failed: boolean;
}

/** Of the graph's own units per second: the same for all, since it is the distance between dots that tells the rate. */
export const speed = 70;

/** So many dots at most, on the whole canvas: more are neither counted by an eye nor drawn in time. */
export const mostDots = 360;

/** Distance between two dots, in steps: a rate that wavers must not make them jump. */
export function gapOf(perSecond: number): number {
  if (!(perSecond > 0)) return Infinity;
  const decades = Math.min(5, Math.max(0, Math.log10(perSecond) + 1));
  return 136 - Math.round(decades * 2) * 12;
}

/** Whether the dot with this number stands for a failed request: they are spread evenly, so that any ten show ten times the ratio. */
export function isFailed(number: number, errorRatio: number): boolean {
  const ratio = Number.isFinite(errorRatio) ? Math.min(1, Math.max(0, errorRatio)) : 0;
  return Math.floor((number + 1) * ratio) > Math.floor(number * ratio);
}

function lengthOf(stream: Stream): number {
  return Math.hypot(stream.through.x - stream.from.x, stream.through.y - stream.from.y) + Math.hypot(stream.to.x - stream.through.x, stream.to.y - stream.through.y);
}

/** The streams that get dots: those that fail first, then the strongest, until the dots are used up. */
export function bounded(streams: readonly Stream[], most = mostDots): Stream[] {
  const kept: Stream[] = [];
  let dots = 0;
  for (const stream of [...streams].sort((a, b) => (b.errorRatio > 0 ? 1 : 0) - (a.errorRatio > 0 ? 1 : 0) || b.perSecond - a.perSecond || (a.key < b.key ? -1 : 1))) {
    const needed = Math.ceil(lengthOf(stream) / gapOf(stream.perSecond));
    if (!Number.isFinite(needed) || needed === 0) continue;
    dots += needed;
    if (dots > most) break;
    kept.push(stream);
  }
  return kept;
}

/** The dots of a stream at a time in seconds. */
export function dotsAt(stream: Stream, seconds: number): Dot[] {
  const gap = gapOf(stream.perSecond);
  const length = lengthOf(stream);
  if (!Number.isFinite(gap) || !(length > 0)) return [];
  const travelled = seconds * speed;
  const dots: Dot[] = [];
  // Dot n set out when the time was n gaps long.
  for (let number = Math.floor(travelled / gap); number * gap > travelled - length; number--) {
    dots.push({ at: onCurve(stream.from, stream.through, stream.to, (travelled - number * gap) / length), failed: isFailed(((number % 100_000) + 100_000) % 100_000, stream.errorRatio) });
  }
  return dots;
}
