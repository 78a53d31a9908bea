// Keeps the places of nodes across reloads, per view. Storage is given, so that this is tested without a browser.
import type { Point } from './types';

export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const prefix = 'meshconsole.positions.';
const indexKey = 'meshconsole.positions';

/** Views whose places are kept; the least recently used one is forgotten first. */
export const keptViews = 12;

/** @param more what else the places depend on: another layout than the usual one, the node that is looked around. */
export function positionsKey(view: string, cluster: string | null, namespaces: readonly string[], ...more: string[]): string {
  return `${prefix}${[view, cluster ?? '', [...namespaces].sort().join(','), ...more].join('|')}`;
}

export function readPositions(storage: TextStorage, key: string): Map<string, Point> {
  const found = new Map<string, Point>();
  try {
    const stored: unknown = JSON.parse(storage.getItem(key) ?? '{}');
    if (stored === null || typeof stored !== 'object') return found;
    for (const [id, value] of Object.entries(stored)) {
      if (Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1])) found.set(id, { x: value[0], y: value[1] });
    }
  } catch {
    // Not ours, or storage is switched off: the layout starts anew.
  }
  return found;
}

export function savePositions(storage: TextStorage, key: string, positions: ReadonlyMap<string, Point>): void {
  try {
    const index = readIndex(storage).filter(other => other !== key);
    index.push(key);
    while (index.length > keptViews) storage.removeItem(index.shift() as string);
    storage.setItem(indexKey, JSON.stringify(index));
    storage.setItem(key, JSON.stringify(Object.fromEntries([...positions].map(([id, at]) => [id, [Math.round(at.x), Math.round(at.y)]]))));
  } catch {
    // Full or switched off: the places last as long as the page.
  }
}

export function forgetPositions(storage: TextStorage, key: string): void {
  try {
    storage.removeItem(key);
  } catch {
    // As above.
  }
}

function readIndex(storage: TextStorage): string[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(indexKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter((key): key is string => typeof key === 'string' && key.startsWith(prefix)) : [];
  } catch {
    return [];
  }
}
