// Badges at nodes: what each means in words, and how it is drawn. One shape each, so that no colour has to be told apart.
import type { Palette } from './palette';
import type { Badge } from './types';

export const badgeWords: Record<Badge, string> = {
  noProxy: 'pods without a proxy',
  gateway: 'gateway',
  virtualService: 'a VirtualService or route rules over its requests',
  canarySplit: 'traffic is split by weight',
  faultInjection: 'faults are injected on purpose',
  mirroring: 'requests are mirrored',
  timeout: 'time limit or retries',
  circuitBreaker: 'circuit breaker',
  strict: 'takes mutual TLS only',
  permissive: 'takes plaintext too',
  disabled: 'mutual TLS is switched off',
};

/** Of a side, in the graph's own units. */
export const badgeSize = 15;

/** Paths in a square of 12 by 12; filled, or drawn as a line. */
const glyphs: Record<Badge, { path: string; fill?: string; tone?: 'warn' | 'bad' }> = {
  noProxy: { path: 'M6 1.5 10 3v3c0 2.4-1.7 3.8-4 4.6C3.7 9.8 2 8.4 2 6V3zM1.5 10.5l9-9', tone: 'warn' },
  gateway: { path: 'M1.5 10.5V5a4.5 4 0 0 1 9 0v5.5M6 10.5V6' },
  virtualService: { path: 'M1.5 6h3l3-3.5h3M4.5 6l3 3.5h3' },
  canarySplit: { path: '', fill: 'M1.5 2.5h9v3h-9zM1.5 6.5h4v3h-4z' },
  faultInjection: { path: '', fill: 'M7 .8 2.5 7H5.5L5 11.2 9.5 5H6.5z', tone: 'warn' },
  mirroring: { path: 'M6 1v10M4 3 1.5 6 4 9zM8 3l2.5 3L8 9z' },
  timeout: { path: 'M6 2.5a4 4 0 1 0 .01 0M6 4.5V6.7l1.6 1M4.8 1h2.4' },
  circuitBreaker: { path: 'M.8 8h2.6l5-4.5M8.6 8h2.6M3.4 8v.1' },
  strict: { path: 'M3.8 6V4.2a2.2 2.2 0 0 1 4.4 0V6', fill: 'M2.5 5.8h7v4.7h-7z' },
  permissive: { path: 'M3.8 6V4.2a2.2 2.2 0 0 1 4.4 0V6M2.5 5.8h7v4.7h-7z', fill: 'M2.5 8.2h7v2.3h-7z' },
  disabled: { path: 'M3.8 6V3.6a2.2 2.2 0 0 1 4.2-.8M2.5 5.8h7v4.7h-7z', tone: 'bad' },
};

const paths = new Map<Badge, { line: Path2D; fill: Path2D }>();

function pathsOf(badge: Badge): { line: Path2D; fill: Path2D } {
  let found = paths.get(badge);
  if (!found) {
    found = { line: new Path2D(glyphs[badge].path), fill: new Path2D(glyphs[badge].fill ?? '') };
    paths.set(badge, found);
  }
  return found;
}

function toneOf(badge: Badge, palette: Palette): string {
  const tone = glyphs[badge].tone;
  return tone === 'bad' ? palette.bad : tone === 'warn' ? palette.warn : palette.quiet;
}

/** Only badges that are known: a newer server may send others. */
export function knownBadges(badges: readonly string[] | undefined): Badge[] {
  return (badges ?? []).filter((badge): badge is Badge => Object.hasOwn(glyphs, badge));
}

/** Out of the ordinary, and so worth being seen from afar. */
export function isNotable(badge: Badge): boolean {
  return badge !== 'virtualService' && badge !== 'timeout' && badge !== 'circuitBreaker' && badge !== 'strict' && badge !== 'permissive';
}

/** A row of badges that ends at x, its middle at y. */
export function drawBadges(context: CanvasRenderingContext2D, x: number, y: number, badges: readonly Badge[], palette: Palette): void {
  const width = badges.length * badgeSize;
  context.beginPath();
  context.roundRect(x - width - 2, y - badgeSize / 2, width + 4, badgeSize, 4);
  context.fillStyle = palette.surface;
  context.fill();
  context.lineWidth = 0.8;
  context.strokeStyle = palette.line;
  context.stroke();
  badges.forEach((badge, index) => {
    const { line, fill } = pathsOf(badge);
    context.save();
    context.translate(x - width + index * badgeSize + (badgeSize - 12) / 2, y - 6);
    context.lineWidth = 1.2;
    context.lineJoin = 'round';
    context.strokeStyle = toneOf(badge, palette);
    context.fillStyle = context.strokeStyle;
    context.stroke(line);
    context.fill(fill);
    context.restore();
  });
}

/** The same badges for a picture in a file. */
export function badgesAsSvg(x: number, y: number, badges: readonly Badge[], palette: Palette, escape: (text: string) => string): string {
  if (badges.length === 0) return '';
  const width = badges.length * badgeSize;
  const one = (badge: Badge, index: number): string => {
    const [colour, { path, fill }] = [escape(toneOf(badge, palette)), glyphs[badge]];
    return `<g transform="translate(${x - width + index * badgeSize + 1.5} ${y - 6})"><title>${badgeWords[badge]}</title><path d="${path}" fill="none" stroke="${colour}" stroke-width="1.2"/>${fill ? `<path d="${fill}" fill="${colour}"/>` : ''}</g>`;
  };
  return `<rect x="${x - width - 2}" y="${y - badgeSize / 2}" width="${width + 4}" height="${badgeSize}" rx="4" fill="${escape(palette.surface)}" stroke="${escape(palette.line)}" stroke-width="0.8"/>${badges.map(one).join('')}`;
}
