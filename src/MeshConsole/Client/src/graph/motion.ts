// Whether dots move along edges: the reader's own choice, kept by the browser; until one is made, what the system asks for.
import type { TextStorage } from './positions';

const key = 'meshconsole.motion';

export function readMotion(storage: TextStorage, reduced: boolean): boolean {
  try {
    const kept = storage.getItem(key);
    return kept === null ? !reduced : kept === 'on';
  } catch {
    return !reduced;
  }
}

export function saveMotion(storage: TextStorage, on: boolean): void {
  try {
    storage.setItem(key, on ? 'on' : 'off');
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}
