// The words of an age; the same as Format.Age on the server, which draws them first.
export const thin = '\u202f';

export function ageText(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 1) return 'just now';
  if (s < 60) return `${s}${thin}s ago`;
  if (s < 3600) return `${Math.floor(s / 60)}${thin}min ago`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)}${thin}h ago`;
  return `${Math.floor(s / 86400)}${thin}d ago`;
}

export type Freshness = 'fresh' | 'aging' | 'old';

/** Amber past two refreshes, red past four. */
export function freshness(seconds: number, refreshSeconds: number): Freshness {
  if (!(refreshSeconds > 0)) return 'fresh';
  return seconds > 4 * refreshSeconds ? 'old' : seconds > 2 * refreshSeconds ? 'aging' : 'fresh';
}
