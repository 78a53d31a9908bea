// Places of nodes in an address, so that a link shows the same picture to somebody else. Each is a short hash of the node's id and two
// numbers; the ids themselves would not fit. Pure.
import type { Point } from './types';

/** Nodes whose places still fit into an address that mail and chat take whole (2,000 characters are the custom). */
export const placedUpTo = 120;

const hashLength = 4;

/** FNV-1a over UTF-16 units, cut to four letters of base 36. */
function hash(id: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) value = Math.imul(value ^ id.charCodeAt(at), 0x01000193) >>> 0;
  return (value % 36 ** hashLength).toString(36).padStart(hashLength, '0');
}

/** Null where there are too many, or two of them could not be told apart. */
export function placesOf(positions: ReadonlyMap<string, Point>): string | null {
  if (positions.size === 0 || positions.size > placedUpTo) return null;
  const found = new Map([...positions].map(([id, { x, y }]) => [hash(id), `${hash(id)}${Math.round(x).toString(36)}.${Math.round(y).toString(36)}`]));
  return found.size < positions.size ? null : [...found.values()].sort().join('_');
}

/** The places of those of the given nodes that the text has; null where it has none, so that the reader's own are taken. */
export function readPlaces(text: string | null, ids: readonly string[]): Map<string, Point> | null {
  if (text === null || text.length > 4000) return null;
  const places = new Map<string, Point>();
  for (const one of text.split('_')) {
    const parts = /^([0-9a-z]{4})(-?[0-9a-z]{1,6})\.(-?[0-9a-z]{1,6})$/.exec(one);
    if (parts) places.set(parts[1] as string, { x: Number.parseInt(parts[2] as string, 36), y: Number.parseInt(parts[3] as string, 36) });
  }
  const found = new Map<string, Point>();
  for (const id of ids) {
    const at = places.get(hash(id));
    if (at) found.set(id, { ...at });
  }
  return found.size === 0 ? null : found;
}
