// The arithmetic of the time slider: instants in milliseconds, null for the present. Pure, so that it is tested without a browser.

export interface Axis {
  from: number;
  to: number;
  /** Between two instants; all are multiples of it. */
  step: number;
  /** How much a page key moves. */
  page: number;
  /** The newest instant that is over. */
  latest: number;
  /** Whether the right end is the present. */
  live: boolean;
}

export function down(at: number, step: number): number {
  return Math.floor(at / step) * step;
}

/** Share of the slider, 0 to 1, at which an instant stands; the present is at the right end. */
export function shareOf(axis: Axis, at: number | null): number {
  return at === null ? 1 : Math.min(1, Math.max(0, (at - axis.from) / (axis.to - axis.from)));
}

/** The instant at a share of the slider; beyond the newest one it is the present, where that is on the slider. */
export function atShare(axis: Axis, share: number): number | null {
  const at = Math.round((axis.from + Math.min(1, Math.max(0, share)) * (axis.to - axis.from)) / axis.step) * axis.step;
  return bounded(axis, at);
}

/** What a key makes of an instant; undefined when the key means nothing here. */
export function afterKey(axis: Axis, at: number | null, key: string): number | null | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return back(axis, at, axis.step);
    case 'PageDown':
      return back(axis, at, axis.page);
    case 'ArrowRight':
    case 'ArrowUp':
      return at === null ? null : bounded(axis, down(at, axis.step) + axis.step);
    case 'PageUp':
      return at === null ? null : bounded(axis, down(at, axis.step) + axis.page);
    case 'Home':
      return Math.ceil(axis.from / axis.step) * axis.step;
    case 'End':
      return null;
    default:
      return undefined;
  }
}

function back(axis: Axis, at: number | null, by: number): number {
  // From between two steps the first step back is to the one before; from the present to the newest that is over.
  if (at === null) return by === axis.step ? axis.latest : down(axis.latest - by + axis.step, axis.step);
  const aligned = Math.ceil(at / axis.step) * axis.step;
  return Math.min(aligned - by, axis.latest);
}

function bounded(axis: Axis, at: number): number | null {
  return at > axis.latest ? null : at;
}

/** "Sat 28 Nov 02:14:00" on the wall of a zone, as the pages write it. */
export function wallTime(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: zone }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find(one => one.type === type)?.value ?? '';
  return `${part('weekday')} ${part('day')} ${part('month').slice(0, 3)} ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** As an address has it. */
export function addressOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
