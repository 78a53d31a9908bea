// Which shortcut a key press means; pure, so that it is tested without a browser.
export interface Press {
  key: string;
  ctrl: boolean;
  meta: boolean;
  alt: boolean;
  /** The focus is where letters are text. */
  typing: boolean;
}

export type Shortcut = { kind: 'search' } | { kind: 'help' } | { kind: 'close' } | { kind: 'go'; letter: string } | { kind: 'row'; step: 1 | -1 };

export const chordMilliseconds = 1200;

export class Shortcuts {
  #chordUntil = 0;

  /** @param now milliseconds of a clock that does not go back. */
  read(press: Press, now: number): Shortcut | null {
    if ((press.ctrl || press.meta) && !press.alt && press.key.toLowerCase() === 'k') return { kind: 'search' };
    if (press.key === 'Escape') return { kind: 'close' };
    if (press.typing || press.ctrl || press.meta || press.alt) return null;

    const inChord = now < this.#chordUntil;
    this.#chordUntil = 0;
    if (inChord && /^[a-z]$/.test(press.key)) return { kind: 'go', letter: press.key };

    switch (press.key) {
      case 'g':
        this.#chordUntil = now + chordMilliseconds;
        return null;
      case '/':
        return { kind: 'search' };
      case '?':
        return { kind: 'help' };
      case 'j':
        return { kind: 'row', step: 1 };
      case 'k':
        return { kind: 'row', step: -1 };
      default:
        return null;
    }
  }
}
