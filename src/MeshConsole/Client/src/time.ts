// The time slider: what hand and keys do to its thumb. The instant goes into the address, from where everything is drawn; nothing is
// asked of the server while the thumb moves.
import { addressOf, afterKey, atShare, type Axis, shareOf, wallTime } from './time/axis';

/** A key that is held down moves the thumb at once and the mesh only when it is let go, or after this long. */
const settling = 300;

export function mount(host: HTMLElement): TimeSlider {
  return new TimeSlider(host);
}

class TimeSlider {
  readonly #host: HTMLElement;
  readonly #gone = new AbortController();
  /** Where the thumb is while it is moved; undefined while it rests. */
  #moved: number | null | undefined;
  /** Where it was sent and from where, until the page has answered: keys go on from there, however slow the answer is. */
  #sent: { from: number | null; to: number | null } | undefined;
  #timer = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
    const signal = this.#gone.signal;
    const track = this.#part('.slider-track');
    const thumb = this.#part('.slider-thumb');
    thumb.addEventListener('keydown', event => this.#key(event), { signal });
    track.addEventListener('pointerdown', event => this.#grip(event, track, thumb), { signal });
    track.addEventListener('pointermove', event => this.#hover(event, track), { signal });
    track.addEventListener('pointerleave', () => this.#part('.slider-hover').toggleAttribute('hidden', true), { signal });
    this.#part('.slider-marks').addEventListener('keydown', event => this.#walk(event), { signal });
    // A replay that nobody sees would read frame after frame for nobody.
    document.addEventListener('visibilitychange', () => document.hidden && host.querySelector<HTMLElement>('[data-replay-pause]')?.click(), { signal });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#gone.abort();
  }

  get #axis(): Axis {
    const { from, to, step, page, latest, live } = this.#host.dataset;
    return { from: Number(from), to: Number(to), step: Number(step), page: Number(page), latest: Number(latest), live: live !== undefined };
  }

  get #at(): number | null {
    const { at } = this.#host.dataset;
    return at === undefined || at === '' ? null : Number(at);
  }

  get #rests(): number | null {
    if (this.#sent && this.#at !== this.#sent.from) this.#sent = undefined;
    return this.#sent ? this.#sent.to : this.#at;
  }

  #part(selector: string): HTMLElement {
    return this.#host.querySelector<HTMLElement>(selector) as HTMLElement;
  }

  #words(at: number | null): string {
    return at === null ? 'Live' : wallTime(at, this.#host.dataset['zone'] ?? 'UTC');
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && this.#moved !== undefined) {
      this.#rest();
      event.preventDefault();
      return;
    }
    if (event.key === ' ') {
      // From where the thumb is, not from where it was before the last key.
      event.preventDefault();
      if (event.repeat) return;
      if (this.#moved !== undefined) this.#go();
      this.#host.querySelector<HTMLElement>('[data-replay-play], [data-replay-pause]')?.click();
      return;
    }
    const next = afterKey(this.#axis, this.#moved === undefined ? this.#rests : this.#moved, event.key);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#move(next);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(), settling) as unknown as number;
  }

  #grip(event: PointerEvent, track: HTMLElement, thumb: HTMLElement): void {
    if (event.button !== 0) return;
    event.preventDefault();
    thumb.focus({ preventScroll: true });
    track.setPointerCapture(event.pointerId);
    const drag = new AbortController();
    const signal = AbortSignal.any([drag.signal, this.#gone.signal]);
    this.#move(atShare(this.#axis, this.#share(event, track)));
    track.addEventListener('pointermove', moving => this.#move(atShare(this.#axis, this.#share(moving, track))), { signal });
    track.addEventListener('pointerup', () => {
      drag.abort();
      this.#go();
    }, { signal });
    track.addEventListener('pointercancel', () => {
      drag.abort();
      this.#rest();
    }, { signal });
  }

  #share(event: PointerEvent, track: HTMLElement): number {
    const { left, width } = track.getBoundingClientRect();
    return width > 0 ? (event.clientX - left) / width : 1;
  }

  #hover(event: PointerEvent, track: HTMLElement): void {
    const hover = this.#part('.slider-hover');
    if (event.pointerType === 'touch') return;
    const share = Math.min(1, Math.max(0, this.#share(event, track)));
    hover.textContent = this.#words(atShare(this.#axis, share));
    hover.style.left = `${share * 100}%`;
    hover.style.transform = `translateX(${-share * 100}%)`;
    hover.hidden = false;
  }

  #move(at: number | null): void {
    this.#moved = at;
    const thumb = this.#part('.slider-thumb');
    const words = this.#words(at);
    thumb.style.left = `${shareOf(this.#axis, at) * 100}%`;
    thumb.setAttribute('aria-valuenow', String(at ?? this.#axis.to));
    thumb.setAttribute('aria-valuetext', at === null ? words : `${words} ${this.#host.dataset['zone'] ?? 'UTC'}`);
    const drag = this.#part('.slider-drag');
    drag.textContent = `→ ${words}`;
    drag.hidden = false;
  }

  /** Back to where the address says. */
  #rest(): void {
    clearTimeout(this.#timer);
    this.#move(this.#rests);
    this.#moved = undefined;
    this.#part('.slider-drag').hidden = true;
  }

  #go(): void {
    clearTimeout(this.#timer);
    const at = this.#moved;
    this.#moved = undefined;
    this.#part('.slider-drag').hidden = true;
    if (at === undefined || at === this.#rests) return;
    this.#sent = { from: this.#at, to: at };
    const address = new URL(location.href);
    const wasPinned = address.searchParams.has('at');
    if (at === null) address.searchParams.delete('at');
    else address.searchParams.set('at', addressOf(at));
    // Going from instant to instant is one step of the browser's history, not a hundred.
    window.Blazor?.navigateTo?.(address.href, { replaceHistoryEntry: wasPinned });
  }

  /** Marks are one stop of the Tab key; arrows go from one to the next. */
  #walk(event: KeyboardEvent): void {
    const marks = [...this.#host.querySelectorAll<HTMLElement>('[data-mark]')];
    const at = marks.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -marks.length, End: marks.length }[event.key];
    if (at < 0 || step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = marks[Math.max(0, Math.min(marks.length - 1, at + step))];
    for (const mark of marks) mark.tabIndex = mark === next ? 0 : -1;
    next?.focus();
  }
}
