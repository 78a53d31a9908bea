import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, afterKey, atShare, type Axis, shareOf, wallTime } from '../src/time/axis';

const clock = (text: string): number => Date.parse(`2026-03-02T${text}Z`);
/** An hour that ends with the present, 09:00:07; the newest instant that is over is 09:00:00. */
const axis: Axis = { from: clock('08:00:15'), to: clock('09:00:15'), step: 15_000, page: 300_000, latest: clock('09:00:00'), live: true };

test('arrows go a step, page keys a page, Home to the left end and End to the present', () => {
  const keys = (at: number | null, ...pressed: string[]): string[] => pressed.map(key => {
    const next = afterKey(axis, at, key);
    return next === null ? 'live' : next === undefined ? 'not ours' : new Date(next).toISOString().slice(11, 19);
  });
  assert.deepEqual(keys(clock('08:30:00'), 'ArrowLeft', 'ArrowDown', 'ArrowRight', 'ArrowUp'), ['08:29:45', '08:29:45', '08:30:15', '08:30:15']);
  assert.deepEqual(keys(clock('08:30:00'), 'PageDown', 'PageUp', 'Home', 'End', 'x'), ['08:25:00', '08:35:00', '08:00:15', 'live', 'not ours']);
});

test('from the present one goes back to the newest instant that is over, and from that on to the present', () => {
  assert.equal(afterKey(axis, null, 'ArrowLeft'), clock('09:00:00'));
  assert.equal(afterKey(axis, null, 'PageDown'), clock('08:55:15'));
  assert.equal(afterKey(axis, null, 'ArrowRight'), null);
  assert.equal(afterKey(axis, clock('09:00:00'), 'ArrowRight'), null);
  assert.equal(afterKey(axis, clock('08:58:00'), 'PageUp'), null);
});

test('an instant between two steps goes to its neighbours', () => {
  assert.equal(afterKey(axis, clock('08:30:07'), 'ArrowLeft'), clock('08:30:00'));
  assert.equal(afterKey(axis, clock('08:30:07'), 'ArrowRight'), clock('08:30:15'));
});

test('a place on the slider is the nearest step, and the end of it the present', () => {
  // Half of an hour from 08:00:15 is 08:30:15; a hundredth of a per cent is 0.36 s.
  assert.equal(atShare(axis, 0.5), clock('08:30:15'));
  assert.equal(atShare(axis, 0.5 + 7 / 3600), clock('08:30:15'));
  assert.equal(atShare(axis, 0.5 + 8 / 3600), clock('08:30:30'));
  assert.equal(atShare(axis, 1), null);
  assert.equal(atShare(axis, 7), null);
  assert.equal(atShare(axis, -1), axis.from);
  assert.equal(shareOf(axis, null), 1);
  assert.equal(shareOf(axis, clock('08:30:15')), 0.5);
  assert.equal(shareOf(axis, clock('01:00:00')), 0);
});

test('times are those of the zone, also where its clocks change', () => {
  assert.equal(wallTime(clock('08:05:09'), 'UTC'), 'Mon 2 Mar 08:05:09');
  assert.equal(wallTime(Date.parse('2026-03-29T00:59:59Z'), 'Europe/Berlin'), 'Sun 29 Mar 01:59:59');
  assert.equal(wallTime(Date.parse('2026-03-29T01:00:00Z'), 'Europe/Berlin'), 'Sun 29 Mar 03:00:00');
  assert.equal(addressOf(clock('08:05:09')), '2026-03-02T08:05:09Z');
});
