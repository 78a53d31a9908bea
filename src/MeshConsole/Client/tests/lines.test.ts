// The lines of large graphs: what is handed to the worker, what it draws, what is found under the pointer, and when a picture is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, drawLines, lineAt, lineBetween, LineSetBuilder, type Look, margin, shift, type Sight, withMargin } from '../src/graph/lines';

const look = (more: Partial<Look> = {}): Look => ({ colour: '#123', width: 2, opacity: 0.5, stroke: 'solid', layer: 2, ...more });
const box = (x: number, y: number) => ({ x, y, width: 100, height: 40 });
const sight = (more: Partial<Sight> = {}): Sight => ({ zoom: 1, x: 0, y: 0, width: 1000, height: 600, ...more });

test('a line runs from border to border', () => {
  assert.deepEqual(lineBetween(box(0, 0), box(300, 0)), [50, 0, 250, 0]);
  assert.deepEqual(lineBetween(box(0, 300), box(0, 0)), [0, 280, 0, 20]);
  // 300 to the right and 120 down: the sides are met at a sixth of the way, where it is 20 down; so are top and bottom.
  assert.deepEqual(lineBetween(box(0, 0), box(300, 120)), [50, 20, 250, 100]);
  assert.equal(lineBetween(box(0, 0), box(0, 0)), null);
  assert.equal(lineBetween(box(0, 0), box(60, 10)), null, 'boxes that lie on each other');
  assert.equal(lineBetween(box(0, 0), box(NaN, 0)), null);
});

test('lines lie together by their looks, what warns above what does not, and what others draw at the end', () => {
  const lines = new LineSetBuilder();
  lines.add('bad', [1, 1, 2, 2], look({ layer: 4, colour: 'red' }));
  lines.add('chosen', [9, 9, 8, 8], null);
  lines.add('a', [10, 0, 20, 0], look());
  lines.add('b', [30, 0, 40, 0], look());
  const { lines: set, ids } = lines.build();
  assert.deepEqual(ids, ['a', 'b', 'bad', 'chosen']);
  assert.deepEqual([...set.counts], [2, 1]);
  assert.deepEqual(set.looks.map(one => one.colour), ['#123', 'red']);
  assert.deepEqual([...set.points], [10, 0, 20, 0, 30, 0, 40, 0, 1, 1, 2, 2, 9, 9, 8, 8]);
});

test('the nearest line within reach is found, one that nobody sees drawn here too, and nothing beyond the ends', () => {
  const lines = new LineSetBuilder();
  lines.add('low', [0, 0, 100, 0], look());
  lines.add('high', [0, 10, 100, 10], look());
  lines.add('chosen', [0, 100, 100, 100], null);
  const found = lines.build();
  assert.equal(lineAt(found, { x: 50, y: 4 }, 6), 'low');
  assert.equal(lineAt(found, { x: 50, y: 6 }, 6), 'high');
  assert.equal(lineAt(found, { x: 50, y: 104 }, 6), 'chosen');
  assert.equal(lineAt(found, { x: 50, y: 40 }, 6), null);
  assert.equal(lineAt(found, { x: 107, y: 0 }, 6), null);
  assert.equal(lineAt(new LineSetBuilder().build(), { x: 0, y: 0 }, 6), null);
});

test('each line in sight is drawn with its head at the callee, in its look; lines out of sight and undrawn ones are left out', () => {
  const lines = new LineSetBuilder();
  lines.add('seen', [100, 100, 300, 100], look({ stroke: 'dashed' }));
  lines.add('away', [100, -50, 300, -50], look({ stroke: 'dashed' }));
  lines.add('warns', [100, 200, 300, 200], look({ colour: 'red', layer: 4, width: 5, opacity: 0.08 }));
  lines.add('chosen', [1, 1, 5, 5], null);
  const said: unknown[] = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (_, name) => (...args: unknown[]) => said.push([name, ...args]),
    set: (_, name, value) => said.push([name, value]) > 0,
  });
  drawLines(context as never, lines.build().lines, sight({ zoom: 2, x: 10, y: 20 }), 1.5);
  const of = (name: string): unknown[][] => (said as unknown[][]).filter(call => call[0] === name);
  assert.deepEqual(of('setTransform'), [['setTransform', 3, 0, 0, 3, 15, 30]]);
  assert.deepEqual(of('setLineDash').map(call => call[1]), [[7, 4], []]);
  assert.deepEqual(of('globalAlpha').map(call => call[1]), [0.5, 0.08]);
  // The line ends where its head begins: 6 and the width before the callee.
  assert.deepEqual(of('lineTo').slice(0, 1), [['lineTo', 292, 100]]);
  assert.deepEqual([of('stroke').length, of('fill').length], [2, 2]);
  assert.deepEqual(of('moveTo').map(call => call.slice(1)), [[100, 100], [300, 100], [100, 200], [300, 200]]);
});

test('a picture is moved with the view and kept until its margin is used up or the size is another', () => {
  const drawn = withMargin(sight());
  assert.deepEqual(drawn, sight({ x: 1000 * margin, y: 600 * margin, width: 1500, height: 900 }));
  assert.deepEqual(shift(drawn, sight()), { x: -250, y: -150, scale: 1 });
  assert.deepEqual(shift(drawn, sight({ x: 40, y: -30 })), { x: -210, y: -180, scale: 1 });
  // Twice as large: the point in the corner of what was seen lies twice as far from the corner of the picture.
  assert.deepEqual(shift(drawn, sight({ zoom: 2 })), { x: -500, y: -300, scale: 2 });
  assert.ok(covers(drawn, sight()));
  assert.ok(covers(drawn, sight({ x: 160, y: -90 })));
  assert.ok(!covers(drawn, sight({ x: 170 })), 'the next move would show where it ends');
  assert.ok(!covers(drawn, sight({ zoom: 1.01 })));
  assert.ok(!covers(drawn, sight({ width: 1400 })));
});
