// Numbers as the server's Format writes them: three significant digits, the unit after a thin space.
import { thin } from '../age';

function significant(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude < 0.0005) return value < 0 ? '>-0.001' : '<0.001';
  if (magnitude >= 999.5) return String(Math.round(value / 10) * 10).replace(/\B(?=(\d{3})+$)/, thin);
  return value.toFixed(magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.1 ? 2 : 3);
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return `0${thin}/s`;
  if (Math.abs(perSecond) < 0.1) return `${significant(perSecond * 60)}${thin}/min`;
  const [divisor, unit] = perSecond < 9995 ? [1, ''] : perSecond < 9_995_000 ? [1e3, 'k'] : [1e6, 'M'];
  return `${significant(perSecond / divisor)}${thin}${unit}/s`;
}

export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return `<${thin}0.1${thin}%`;
  if (value > 99.9 && value < 100) return `>${thin}99.9${thin}%`;
  return `${Math.abs(value - Math.round(value)) < 1e-9 ? Math.round(value) : value.toFixed(1)}${thin}%`;
}

export function milliseconds(ms: number): string {
  if (Math.abs(ms) < 999.5) return `${significant(ms)}${thin}ms`;
  if (Math.abs(ms) < 59_950) return `${significant(ms / 1000)}${thin}s`;
  return `${significant(ms / 60_000)}${thin}min`;
}

/** Bytes per second, in powers of ten. */
export function bytes(perSecond: number): string {
  const [divisor, unit] = perSecond < 999.5 ? [1, 'B'] : perSecond < 999_500 ? [1e3, 'kB'] : perSecond < 999_500_000 ? [1e6, 'MB'] : [1e9, 'GB'];
  return `${significant(perSecond / divisor)}${thin}${unit}/s`;
}
