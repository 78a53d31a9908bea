// Crosshair and brush of the charts. The server draws the lines and writes the words of every instant into attributes; what moves
// with the pointer stays here, since a round trip for each move would lag. What is chosen goes into the address, as everything does.

export interface Span {
  from: number;
  to: number;
}

/** The instant nearest to a place, 0 at the left to 1. */
export function indexAt(place: number, count: number): number {
  return count < 2 ? 0 : Math.min(count - 1, Math.max(0, Math.round(place * (count - 1))));
}

/** Where a key moves to; null when it does not move. */
export function moved(key: string, at: number, count: number): number | null {
  const step = key === 'ArrowLeft' || key === 'ArrowDown' ? -1 : key === 'ArrowRight' || key === 'ArrowUp' ? 1 : key === 'PageDown' ? -10 : key === 'PageUp' ? 10 : 0;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return step === 0 ? null : Math.min(count - 1, Math.max(0, at + step));
}

/** The chosen stretch as the address has it; null when it is too short to mean one. */
export function zoomText(span: Span, from: number, step: number): string | null {
  const [first, last] = [Math.min(span.from, span.to), Math.max(span.from, span.to)];
  if (last - first < 1 || (last - first) * step < 60_000) return null;
  const iso = (index: number): string => new Date(from + index * step).toISOString().replace(/\.\d+Z$/, 'Z');
  return `${iso(first)}~${iso(last)}`;
}

interface Chart {
  plot: HTMLElement;
  figure: HTMLElement;
  readings: string[][];
  from: number;
  step: number;
}

/** What is chosen while a pointer or Shift holds it; one at a time on a page. */
let brush: { plot: HTMLElement; span: Span; pointer: number | null } | null = null;

function chartOf(target: EventTarget | null): Chart | null {
  const plot = target instanceof Element ? target.closest<HTMLElement>('[data-chart]') : null;
  const figure = plot?.closest<HTMLElement>('figure');
  if (!plot || !figure) return null;
  return { plot, figure, readings: JSON.parse(plot.dataset['readings'] ?? '[]') as string[][], from: Number(plot.dataset['from']), step: Number(plot.dataset['step']) };
}

function at(chart: Chart): number {
  return Math.min(chart.readings.length - 1, Number(chart.plot.getAttribute('aria-valuenow')) || 0);
}

function placeOf(chart: Chart, event: PointerEvent): number {
  const box = chart.plot.getBoundingClientRect();
  return indexAt((event.clientX - box.left) / Math.max(1, box.width), chart.readings.length);
}

/** Draws the crosshair at an instant and writes its values into the legend. */
function show(chart: Chart, index: number): void {
  const reading = chart.readings[index];
  if (!reading) return;
  const cross = chart.plot.querySelector<HTMLElement>('[data-chart-cross]');
  if (cross) {
    cross.hidden = false;
    cross.style.left = `${(index / Math.max(1, chart.readings.length - 1)) * 100}%`;
  }
  const names = [...chart.figure.querySelectorAll<HTMLElement>('[data-chart-value]')];
  names.forEach((value, line) => {
    value.textContent = reading[line + 1] ?? '';
  });
  const when = chart.figure.querySelector<HTMLElement>('[data-chart-time]');
  if (when) when.textContent = reading[0] ?? '';
  chart.plot.setAttribute('aria-valuenow', String(index));
  chart.plot.setAttribute('aria-valuetext', `${reading[0]}: ${names.map((value, line) => `${value.previousSibling?.textContent?.trim() ?? ''} ${reading[line + 1] === '—' ? 'not known' : reading[line + 1]}`).join(', ')}`);
}

/** Back to the newest values. */
function rest(chart: Chart): void {
  const cross = chart.plot.querySelector<HTMLElement>('[data-chart-cross]');
  if (cross) cross.hidden = true;
  for (const value of chart.figure.querySelectorAll<HTMLElement>('[data-chart-value]')) value.textContent = value.dataset['last'] ?? '';
  const when = chart.figure.querySelector<HTMLElement>('[data-chart-time]');
  if (when) when.textContent = chart.readings[chart.readings.length - 1]?.[0] ?? '';
}

function drawBrush(chart: Chart): void {
  const mark = chart.plot.querySelector<HTMLElement>('[data-chart-brush]');
  if (!mark) return;
  const own = brush?.plot === chart.plot && brush.span.from !== brush.span.to ? brush.span : null;
  mark.hidden = own === null;
  if (!own) return;
  const whole = Math.max(1, chart.readings.length - 1);
  mark.style.left = `${(Math.min(own.from, own.to) / whole) * 100}%`;
  mark.style.width = `${(Math.abs(own.to - own.from) / whole) * 100}%`;
}

function zoom(chart: Chart, span: Span): void {
  const text = zoomText(span, chart.from, chart.step);
  if (text === null) return;
  const address = new URL(location.href);
  address.searchParams.set(chart.plot.dataset['zoom'] ?? 'zoom', text);
  window.Blazor?.navigateTo?.(address.href);
}

document.addEventListener('pointermove', event => {
  const chart = brush?.pointer === event.pointerId ? chartOf(brush.plot) : chartOf(event.target);
  if (!chart) return;
  const index = placeOf(chart, event);
  show(chart, index);
  if (brush?.pointer === event.pointerId) {
    brush.span.to = index;
    drawBrush(chart);
  }
}, { passive: true });

document.addEventListener('pointerdown', event => {
  const chart = chartOf(event.target);
  if (!chart || event.button !== 0) return;
  const index = placeOf(chart, event);
  brush = { plot: chart.plot, span: { from: index, to: index }, pointer: event.pointerId };
  chart.plot.setPointerCapture(event.pointerId);
  show(chart, index);
});

function release(event: PointerEvent, chosen: boolean): void {
  if (brush?.pointer !== event.pointerId) return;
  const [chart, span] = [chartOf(brush.plot), brush.span];
  brush = null;
  if (!chart) return;
  drawBrush(chart);
  if (chosen) zoom(chart, span);
}
document.addEventListener('pointerup', event => release(event, true));
document.addEventListener('pointercancel', event => release(event, false));

document.addEventListener('pointerout', event => {
  const chart = chartOf(event.target);
  if (!chart || brush?.pointer != null || document.activeElement === chart.plot || chartOf(event.relatedTarget)?.plot === chart.plot) return;
  rest(chart);
}, { passive: true });

document.addEventListener('focusin', event => {
  const chart = chartOf(event.target);
  if (chart && event.target === chart.plot) show(chart, at(chart));
});

document.addEventListener('focusout', event => {
  const chart = chartOf(event.target);
  if (!chart || event.target !== chart.plot) return;
  if (brush?.plot === chart.plot && brush.pointer === null) brush = null;
  drawBrush(chart);
  rest(chart);
});

// Before the shell's shortcuts: Escape lets go of a stretch and does not close the panel around the chart.
document.addEventListener('keydown', event => {
  const chart = chartOf(event.target);
  if (!chart || event.target !== chart.plot || event.ctrlKey || event.metaKey || event.altKey) return;
  const now = at(chart);
  const next = moved(event.key, now, chart.readings.length);
  if (next !== null) {
    if (event.shiftKey) {
      if (brush?.plot !== chart.plot) brush = { plot: chart.plot, span: { from: now, to: now }, pointer: null };
      brush.span.to = next;
    } else if (brush?.plot === chart.plot) {
      brush = null;
    }
    show(chart, next);
    drawBrush(chart);
  } else if (event.key === 'Enter' && brush?.plot === chart.plot) {
    const span = brush.span;
    brush = null;
    drawBrush(chart);
    zoom(chart, span);
  } else if (event.key === 'Escape' && brush?.plot === chart.plot) {
    brush = null;
    drawBrush(chart);
  } else {
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
