// The colours of the page's theme, read from the variables of app.css: one vocabulary for both.
import type { Health } from './types';

export interface Palette {
  page: string;
  surface: string;
  hover: string;
  chosen: string;
  text: string;
  quiet: string;
  line: string;
  lineStrong: string;
  primary: string;
  good: string;
  /** Of an edge that is well: it is there, and does not ask to be looked at. */
  calm: string;
  warn: string;
  bad: string;
  idle: string;
  box: string;
  boxLine: string;
  font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    page: read('--page'),
    surface: read('--surface'),
    hover: read('--hover'),
    chosen: read('--chosen'),
    text: read('--text'),
    quiet: read('--quiet'),
    line: read('--line'),
    lineStrong: read('--line-strong'),
    primary: read('--primary'),
    good: read('--good'),
    calm: read('--edge'),
    warn: read('--warn'),
    bad: read('--bad'),
    idle: read('--idle'),
    box: read('--graph-box'),
    boxLine: read('--line'),
    font: read('--font') || 'sans-serif',
  };
}

export function healthColour(health: Health, palette: Palette): string {
  return { healthy: palette.good, degraded: palette.warn, failing: palette.bad, idle: palette.idle, unknown: palette.idle }[health];
}

/** The shape of a health as an image for a node: ● ▲ ■ ○ and a dashed box with a question mark. */
export function healthImage(health: Health, palette: Palette): string {
  const colour = healthColour(health, palette);
  const shape = {
    healthy: `<circle cx="6" cy="6" r="4.5" fill="${colour}"/>`,
    degraded: `<path d="M6 1.2 11.2 10.6H.8z" fill="${colour}"/>`,
    failing: `<rect x="1.5" y="1.5" width="9" height="9" fill="${colour}"/>`,
    idle: `<circle cx="6" cy="6" r="4" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
    unknown: `<path d="M1.5 1.5h9v9h-9z" fill="none" stroke="${colour}" stroke-width="1.2" stroke-dasharray="2 1.4"/><path d="M4.6 4.8a1.5 1.5 0 1 1 2.1 1.4c-.5.2-.7.5-.7 1M6 8.6v.1" fill="none" stroke="${colour}" stroke-width="1.3"/>`,
  }[health];
  return `data:image/svg+xml;utf8,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12" width="24" height="24">${shape}</svg>`)}`;
}
