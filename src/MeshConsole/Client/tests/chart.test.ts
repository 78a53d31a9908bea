import assert from 'node:assert/strict';
import { test } from 'node:test';

// The module listens to the document as soon as it is loaded.
Object.assign(globalThis, { document: { addEventListener: () => undefined } });
const { indexAt, moved, zoomText } = await import('../src/chart');

test('a place means the nearest instant, and what lies outside the first or last', () => {
  assert.equal(indexAt(0.5, 61), 30);
  assert.equal(indexAt(0.509, 61), 31);
  assert.equal(indexAt(-0.2, 61), 0);
  assert.equal(indexAt(1.4, 61), 60);
  assert.equal(indexAt(0.9, 1), 0);
});

test('arrows, Home, End and the page keys move within the chart, others do not', () => {
  assert.equal(moved('ArrowLeft', 30, 61), 29);
  assert.equal(moved('ArrowRight', 60, 61), 60);
  assert.equal(moved('PageDown', 4, 61), 0);
  assert.equal(moved('PageUp', 4, 61), 14);
  assert.equal(moved('Home', 30, 61), 0);
  assert.equal(moved('End', 30, 61), 60);
  assert.equal(moved('a', 30, 61), null);
});

test('a chosen stretch is two instants, whichever way it was drawn; a short one is none', () => {
  const from = Date.UTC(2026, 2, 2, 8, 0, 0);
  assert.equal(zoomText({ from: 30, to: 10 }, from, 60_000), '2026-03-02T08:10:00Z~2026-03-02T08:30:00Z');
  assert.equal(zoomText({ from: 10, to: 10 }, from, 60_000), null);
  assert.equal(zoomText({ from: 10, to: 13 }, from, 15_000), null);
  assert.equal(zoomText({ from: 10, to: 14 }, from, 15_000), '2026-03-02T08:02:30Z~2026-03-02T08:03:30Z');
});
