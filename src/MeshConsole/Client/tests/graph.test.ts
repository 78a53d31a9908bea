import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differing, edgeLines, edgeStroke, edgeWidth, labelsOf, middle, nodeDetail, nodeSentence, nodeSize, nodeTitle, steadyEdgeWidth, steadyNodeWidth, visible } from '../src/graph/appearance';
import { comparedLines, withGone } from '../src/graph/compared';
import { Graph } from '../src/graph/graph';
import { placedUpTo, placesOf, readPlaces } from '../src/graph/places';
import { onCurve, placeChips, withRoom } from '../src/graph/chips';
import { columns, levels } from '../src/graph/columns';
import { type ElkNode, graphOf, gridPositions, layOut, positionsOf, type Progress, strongest, tangled } from '../src/graph/layout';
import { milliseconds, percent, rate } from '../src/graph/numbers';
import { nearest, place, type Placed, wishFor } from '../src/graph/placement';
import { keptViews, positionsKey, readPositions, savePositions } from '../src/graph/positions';
import { escape, loopOf, svgOf } from '../src/graph/picture';
import { retryDelay } from '../src/graph/stream';
import type { TopologyDelta, TopologyEdge, TopologyNode } from '../src/graph/types';

const node = (name: string, more: Partial<TopologyNode> = {}): TopologyNode => ({
  id: `main/${more.namespace ?? 'payments'}/workload/${name}`,
  kind: 'workload', cluster: 'main', namespace: 'payments', name, health: 'healthy', reasons: [], ...more,
});
const edge = (source: TopologyNode, target: TopologyNode, more: Partial<TopologyEdge> = {}): TopologyEdge => ({
  source: source.id, target: target.id, protocol: 'http', requestsPerSecond: 1, mtls: { state: 'mutual', ratio: 1, reason: null }, health: 'healthy', ...more,
});
const delta = (more: Partial<TopologyDelta>): TopologyDelta => ({
  fromRevision: 1, revision: 2, addedNodes: [], changedNodes: [], removedNodes: [], addedEdges: [], changedEdges: [], removedEdges: [], ...more,
});
const whole = (nodes: TopologyNode[], edges: TopologyEdge[], revision = 1) => ({ revision, observedAt: 't', topology: { revision, observedAt: 't', window: 60, nodes, edges } });
const storage = () => {
  const kept = new Map<string, string>();
  return { kept, getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) };
};

test('the first message is whole, and deltas lead to the same graph as a whole one', () => {
  const [a, b, c] = [node('a'), node('b'), node('c')];
  const graph = new Graph();
  assert.equal(graph.apply(whole([a, b], [edge(a, b)]))?.whole, true);
  const change = graph.apply({ revision: 2, observedAt: 't2', delta: delta({ addedNodes: [c], addedEdges: [edge(b, c)], changedNodes: [{ ...a, health: 'failing' }] }) });
  assert.deepEqual(change?.added.map(n => n.id), [c.id]);
  assert.equal(graph.nodes.get(a.id)?.health, 'failing');
  assert.deepEqual([...graph.edges.keys()], [`${a.id}|${b.id}|http`, `${b.id}|${c.id}|http`]);
  assert.equal(graph.revision, 2);
});

test('a message with neither topology nor delta only makes the graph newer', () => {
  const graph = new Graph();
  graph.apply(whole([node('a')], []));
  assert.equal(graph.apply({ revision: 9, observedAt: 'later' }), null);
  assert.equal(graph.revision, 9);
  assert.equal(graph.observedAt, 'later');
});

test('edges of a removed node go with it, and an edge without its node is not taken', () => {
  const [a, b, gone] = [node('a'), node('b'), node('gone')];
  const graph = new Graph();
  graph.apply(whole([a, b], [edge(a, b)]));
  const change = graph.apply({ revision: 2, observedAt: 't', delta: delta({ removedNodes: [b.id], addedEdges: [edge(a, gone)] }) });
  assert.equal(graph.edges.size, 0);
  assert.deepEqual(change?.removedEdges, [`${a.id}|${b.id}|http`]);
  assert.deepEqual(change?.addedEdges, []);
});

test('a stream that was started again keeps what stayed', () => {
  const [a, b, c] = [node('a'), node('b'), node('c')];
  const graph = new Graph();
  graph.apply(whole([a, b], [edge(a, b)]));
  const change = graph.apply(whole([a, c], [edge(a, c)], 5));
  assert.equal(change?.whole, false);
  assert.deepEqual(change?.added.map(n => n.name), ['c']);
  assert.deepEqual(change?.removed, [b.id]);
  assert.deepEqual(change?.removedEdges, [`${a.id}|${b.id}|http`]);
});

test('an edge is as wide as the logarithm of its rate', () => {
  const [a, b] = [node('a'), node('b')];
  const width = (requestsPerSecond: number | null) => edgeWidth(edge(a, b, { requestsPerSecond }));
  assert.equal(width(null), 1);
  assert.equal(width(0), 1);
  assert.equal(width(0.01), 1);
  assert.equal(width(1), 1.9);
  assert.equal(width(100), 3.7);
  assert.equal(width(10_000), 5.5);
  assert.equal(width(1e9), 5.5);
});

test('an idle edge is dotted whatever its lock, a plaintext one dashed', () => {
  const [a, b] = [node('a'), node('b')];
  assert.equal(edgeStroke(edge(a, b, { requestsPerSecond: 0, mtls: { state: 'plaintext', ratio: 0, reason: null } })), 'dotted');
  assert.equal(edgeStroke(edge(a, b, { mtls: { state: 'plaintext', ratio: 0, reason: null } })), 'dashed');
  assert.equal(edgeStroke(edge(a, b, { mtls: { state: 'unknown', ratio: null, reason: null } })), 'solid');
  assert.equal(edgeStroke(edge(a, b, { requestsPerSecond: null, connectionsPerSecond: 2 })), 'solid');
});

test('a rate that wavers leaves the drawing as it is', () => {
  assert.equal(steadyEdgeWidth(3.4, 3.6), 3.4);
  assert.equal(steadyEdgeWidth(3.4, 3.7), 3.7);
  assert.equal(steadyEdgeWidth(3.4, 1), 1);
  // Breadth: a digit more is squeezed in, more than that widens the node; a little room to spare stays.
  assert.equal(steadyNodeWidth(140, 152), 140);
  assert.equal(steadyNodeWidth(140, 160), 160);
  assert.equal(steadyNodeWidth(140, 100), 140);
  assert.equal(steadyNodeWidth(180, 96), 96);
});

test('only what differs is written to a drawn element', () => {
  const drawn = { id: 'a', health: 'healthy', width: 3, label: 'kept' };
  assert.equal(differing(drawn, { id: 'a', health: 'healthy', width: 3 }), null);
  assert.deepEqual(differing(drawn, { id: 'a', health: 'failing', width: 3 }), { health: 'failing' });
  assert.deepEqual(differing(drawn, { id: 'a', mtls: undefined, width: 4 }), { width: 4 });
});

test('a label that is not known is not written', () => {
  const known = edge(node('a'), node('b'), { requestsPerSecond: 12.34, errorRatio: 0, clientLatencyMs: { mean: 1, p50: 1, p90: 1, p95: 36.5, p99: 2 } });
  assert.deepEqual(edgeLines(known, labelsOf('rate'), new Map()), ['12.3\u202f/s']);
  assert.deepEqual(edgeLines(known, labelsOf('errors'), new Map()), []);
  assert.deepEqual(edgeLines(known, labelsOf('p95'), new Map()), ['36.5\u202fms']);
  assert.deepEqual(edgeLines(known, labelsOf('none'), new Map()), []);
  assert.deepEqual(edgeLines({ ...known, clientLatencyMs: null }, labelsOf('p95'), new Map()), []);
  assert.deepEqual(edgeLines({ ...known, mtls: { state: 'mixed', ratio: 0.5, reason: null } }, labelsOf('mtls'), new Map()), ['50\u202f%']);
});

test('numbers are written as the server writes them', () => {
  assert.equal(rate(0.0999), '5.99\u202f/min');
  assert.equal(rate(1234), '1\u202f230\u202f/s');
  assert.equal(rate(12345), '12.3\u202fk/s');
  assert.equal(percent(0.9), '90\u202f%');
  assert.equal(percent(0.0004), '<\u202f0.1\u202f%');
  assert.equal(percent(0.99996), '>\u202f99.9\u202f%');
  assert.equal(milliseconds(1.2), '1.20\u202fms');
  assert.equal(milliseconds(999.5), '1.00\u202fs');
});

test('a hostile name is text, cut short, and a node never grows without end', () => {
  const hostile = node(`<img src=x onerror=alert(1)>"${'x'.repeat(5000)}`);
  assert.ok([...nodeTitle(hostile)].length <= 26);
  assert.ok(nodeSize(hostile).width <= 250);
  assert.equal(middle('abcdefghij', 5), 'ab…ij');
  assert.equal(middle('🔒🔒🔒', 2), '🔒…');
});

test('a name cannot break a label into lines, turn it around or hide a part of it', () => {
  assert.equal(visible('a\nb\r\tc\0\x7f'), 'a␊b␍␉c␀␡');
  assert.equal(visible('a\u0085b\u2028c\u2029d'), 'a�b�c�d');
  assert.equal(visible('safe\u202egnp.exe\u200b\u00ad\ufeff\ud800'), 'safe�gnp.exe����');
  assert.equal(visible('café 支払い 🔒'), 'café 支払い 🔒');
  // A number behind a name from right to left stays behind it.
  assert.equal(visible('אב גד 50 % or مرحبا'), '\u2068אב גד\u2069 50 % or \u2068مرحبا\u2069');
  assert.equal(visible('אָ'), '\u2068אָ\u2069');
  assert.equal(middle('\u202eאב 50 %', 40), '�\u2068אב\u2069 50 %');
  assert.equal(visible('א '.repeat(20_000)), `\u2068${'א '.repeat(19_999)}א\u2069 `);

  const hostile = node('evil"\n\u202e<img src=x>', { kind: 'external', namespace: 'pay\nments', reasons: ['one\ntwo'] });
  const unknown = node('unknown', { kind: 'unknown', namespace: 'pay\nments' });
  for (const text of [nodeTitle(hostile), nodeTitle(unknown), nodeSentence(hostile, 1, 1), middle('x\n'.repeat(100), 20)]) {
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, JSON.stringify(text));
  }
  assert.equal(nodeTitle(hostile), 'evil"␊�<img src=x>');
});

test('a node says what is worth saying of it', () => {
  assert.equal(nodeDetail(node('a', { requestsPerSecond: 10, errorRatio: 0.1, readyReplicas: 1, desiredReplicas: 2 })), '10.0\u202f/s · 10\u202f% errors · 1/2 ready');
  assert.equal(nodeDetail(node('a', { requestsPerSecond: 10, errorRatio: 0.0001 })), '10.0\u202f/s');
  assert.equal(nodeDetail(node('a', { health: 'idle' })), 'idle');
});

const overlaps = (a: Placed, b: Placed) => Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;

test('a new node finds a place near its neighbours that is nobody else\'s', () => {
  const others: Placed[] = [];
  for (let x = 0; x < 5; x++) for (let y = 0; y < 5; y++) others.push({ x: x * 200, y: y * 70, width: 150, height: 42 });
  const size = { width: 150, height: 42 };
  for (let index = 0; index < 30; index++) {
    const at = { ...place(size, { x: 400, y: 140 }, others), ...size };
    assert.ok(others.every(other => !overlaps(at, other)), `node ${index} lies on another`);
    others.push(at);
  }
});

test('a new node without neighbours goes below its namespace, and without one below all', () => {
  const sibling: Placed = { x: 100, y: 100, width: 100, height: 40 };
  assert.deepEqual(wishFor([], [sibling]), { x: 100, y: 170 });
  assert.equal(wishFor([], []), null);
  assert.ok(place({ width: 10, height: 10 }, null, [sibling]).y > 120);
  assert.deepEqual(place({ width: 10, height: 10 }, null, []), { x: 0, y: 0 });
});

test('arrow keys go to the nearest node in their direction', () => {
  const others = new Map([['right', { x: 100, y: 5 }], ['far', { x: 300, y: 0 }], ['below', { x: 10, y: 90 }]]);
  assert.equal(nearest({ x: 0, y: 0 }, 'right', others), 'right');
  assert.equal(nearest({ x: 0, y: 0 }, 'down', others), 'below');
  assert.equal(nearest({ x: 0, y: 0 }, 'left', others), null);
});

test('places survive a reload, per view, and only so many views are kept', () => {
  const kept = storage();
  const key = positionsKey('workload', null, ['b', 'a']);
  assert.equal(key, positionsKey('workload', null, ['a', 'b']));
  savePositions(kept, key, new Map([['n', { x: 1.4, y: -2.6 }]]));
  assert.deepEqual([...readPositions(kept, key)], [['n', { x: 1, y: -3 }]]);
  for (let index = 0; index < keptViews; index++) savePositions(kept, positionsKey('app', `c${index}`, []), new Map());
  assert.equal(readPositions(kept, key).size, 0);
  assert.equal([...kept.kept.keys()].length, keptViews + 1);
});

test('what is stored by somebody else is not believed', () => {
  const kept = storage();
  const key = positionsKey('workload', null, []);
  for (const text of ['{', 'null', '[1]', '{"a":[1]}', '{"a":["x",2]}', '"text"']) {
    kept.setItem(key, text);
    assert.equal(readPositions(kept, key).size, 0, text);
  }
});

// Stands for the engine: puts children in a row, as wide as they are.
const row = {
  calls: 0,
  layout(graph: ElkNode): Promise<ElkNode> {
    row.calls++;
    let x = 0;
    const children = (graph.children ?? []).map(child => {
      const at = x;
      x += (child.width ?? 100) + 10;
      return { ...child, x: at, y: 0 };
    });
    return Promise.resolve({ ...graph, children, width: x, height: 50 });
  },
};

test('a graph for the engine holds only its own edges, each pair once', () => {
  const [a, b, c] = [node('a'), node('b'), node('c', { namespace: 'batch' })];
  const graph = graphOf('g', [a, b], [edge(a, b), edge(a, b, { protocol: 'tcp' }), edge(a, a), edge(b, c)], 'RIGHT', 1.5);
  assert.deepEqual(graph.children?.map(child => child.id), [a.id, b.id]);
  assert.deepEqual(graph.edges, [{ id: 'e0', sources: [a.id], targets: [b.id] }]);
});

test('positions are centres in the coordinates of the whole', () => {
  const laid: ElkNode = { id: 'root', children: [{ id: 'box', x: 100, y: 10, children: [{ id: 'n', x: 5, y: 5, width: 20, height: 10 }] }] };
  assert.deepEqual([...positionsOf(laid)], [['n', { x: 115, y: 20 }]]);
});

test('a mesh is laid out namespace by namespace, every node once and none upon another, with progress to its end', async () => {
  const nodes = Array.from({ length: 200 }, (_, index) => node(`n${index}`, { namespace: `ns${index % 10}` }));
  const edges = nodes.slice(1).map((target, index) => edge(nodes[index] as TopologyNode, target));
  const seen: Progress[] = [];
  row.calls = 0;
  const positions = await layOut(row, nodes, edges, true, 1.7, progress => seen.push(progress));
  assert.equal(positions.size, nodes.length);
  assert.equal(row.calls, 10);
  assert.deepEqual(seen.at(-1), { done: 10, total: 10 });
  assert.ok(seen.every((progress, index) => index === 0 || progress.done >= (seen[index - 1] as Progress).done));
  const placed = nodes.map(n => ({ ...(positions.get(n.id) as { x: number; y: number }), ...nodeSize(n) }));
  for (let i = 0; i < placed.length; i++) for (let j = 0; j < i; j++) assert.ok(!overlaps(placed[i] as Placed, placed[j] as Placed));
});

test('of names that would lie on each other the heavier stays, of equal ones the upper left, whatever order they come in', () => {
  const name = (key: string, x: number, y: number, weight = 0) => ({ key, x1: x, y1: y, x2: x + 50, y2: y + 14, weight });
  const names = [name('right', 30, 0), name('left', 0, 0), name('below', 0, 20), name('near', 10, 25), name('failing', 20, 30, 2)];
  const kept = (list: typeof names) => withRoom(list).map(one => one.key).sort();
  // "failing" comes first and covers what is below; of the two at the top the left one stays.
  assert.deepEqual(kept(names), ['failing', 'left']);
  assert.deepEqual(kept([...names].reverse()), ['failing', 'left']);
  assert.deepEqual(kept(names.map(one => ({ ...one, x1: one.x1 * 10, x2: one.x1 * 10 + 50, y1: one.y1 * 10, y2: one.y1 * 10 + 14 }))), ['below', 'failing', 'left', 'near', 'right']);
  // One line higher there is room for the right one, beside nothing.
  assert.deepEqual(withRoom(names.slice(0, 2), [-14]).map(one => [one.key, one.y1]), [['left', 0], ['right', -14]]);
  assert.deepEqual(withRoom(names.slice(0, 2), [], [{ x1: 0, y1: 0, x2: 10, y2: 10 }]).map(one => one.key), ['right'], 'what has its place stays');
});

test('without boxes the whole is laid out both ways and the better one taken', async () => {
  row.calls = 0;
  const positions = await layOut(row, [node('a'), node('b')], [], false, 1.7, () => {});
  assert.equal(positions.size, 2);
  assert.equal(row.calls, 2);
});

test('without boxes one way is enough when it fills the picture', async () => {
  const sized = { calls: 0, layout: async (graph: ElkNode): Promise<ElkNode> => (sized.calls++, { ...graph, width: 3400, height: 1720 }) };
  const progress: Progress[] = [];
  // As broad as 2.25 times 1511, and 1720 high: the other way could save an eighth at most.
  await layOut(sized, [node('a'), node('b')], [], false, 2.25, one => progress.push(one));
  assert.equal(sized.calls, 1);
  assert.deepEqual(progress.at(-1), { done: 2, total: 2 });
  // On a phone the same picture would leave three quarters of the height empty.
  await layOut(sized, [node('a'), node('b')], [], false, 0.5, () => {});
  assert.equal(sized.calls, 3);
});

test('callers stand left of whom they call, and what has no traffic comes last', () => {
  const flows = [{ source: 'gateway', target: 'api', weight: 3 }, { source: 'api', target: 'db', weight: 2 }, { source: 'db', target: 'api', weight: 1 }];
  const level = levels(['api', 'db', 'gateway', 'idle'], flows);
  assert.equal(level.get('gateway'), 0);
  assert.ok((level.get('api') as number) < (level.get('db') as number));
  assert.equal(level.get('idle'), null);
  const boxes = ['idle', 'db', 'api', 'gateway'].map(key => ({ key, width: 100, height: 100 }));
  const at = columns(boxes, flows, 100, { x: 10, y: 10 });
  assert.deepEqual(['gateway', 'api', 'db', 'idle'].map(key => at.get(key)?.x), [0, 110, 220, 330]);
});

test('boxes fill the shape of the picture and never overlap', () => {
  const boxes = Array.from({ length: 30 }, (_, index) => ({ key: `b${String(index).padStart(2, '0')}`, width: 100 + (index % 5) * 60, height: 60 + (index % 7) * 50 }));
  for (const aspect of [0.5, 1, 1.7, 3]) {
    const at = columns(boxes, [], aspect, { x: 20, y: 20 });
    const placed = boxes.map(box => ({ ...box, ...(at.get(box.key) as { x: number; y: number }) }));
    for (let i = 0; i < placed.length; i++) {
      for (let j = 0; j < i; j++) {
        const [a, b] = [placed[i], placed[j]] as [typeof placed[0], typeof placed[0]];
        assert.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y);
      }
    }
    const [width, height] = [Math.max(...placed.map(box => box.x + box.width)), Math.max(...placed.map(box => box.y + box.height))];
    assert.ok(width / height > aspect * 0.5 && width / height < aspect * 2, `${width} x ${height} for ${aspect}`);
  }
});

test('the plain arrangement puts no two nodes on one place', () => {
  const nodes = Array.from({ length: 400 }, (_, index) => node(`n${index}`, { namespace: `ns${index % 37}` }));
  const places = new Set([...gridPositions(nodes).values()].map(at => `${at.x},${at.y}`));
  assert.equal(places.size, nodes.length);
});

test('a lost stream is tried again ever more slowly, but never rarer than every twenty seconds', () => {
  assert.ok(retryDelay(0, 0) >= 200 && retryDelay(0, 1) <= 400);
  assert.ok(retryDelay(50, 1) <= 20_000);
  assert.ok(retryDelay(4, 0.5) > retryDelay(2, 0.5));
});

test('of a dense graph the strongest edges shape the layout, and every node keeps one', () => {
  const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
  const dense = names.flatMap((source, i) => names.filter(target => target !== source).map((target, j) => ({ source, target, weight: (i * 7 + j * 3) % 11 })));
  const kept = strongest(dense, names.length);
  assert.ok(kept.length < dense.length / 3);
  assert.ok(names.every(name => kept.some(edge => edge.source === name || edge.target === name)));
  assert.ok(kept.some(edge => edge.weight === 10));
  const sparse = dense.slice(0, 100);
  assert.equal(strongest(sparse, names.length), sparse);
});

const wish = (key: string, fromX: number, toX: number, y: number, priority = 1) => ({ key, from: { x: fromX, y }, through: { x: (fromX + toX) / 2, y }, to: { x: toX, y }, width: 40, height: 15, priority });

test('words at edges move along them and never lie on each other or on a node', () => {
  const wishes = Array.from({ length: 12 }, (_, index) => wish(`e${index}`, 0, 400, index * 4, index));
  const node = { x1: 180, y1: -20, x2: 220, y2: 60 };
  const placed = placeChips(wishes, [node]);
  const rects = [...placed.values()].map(at => ({ x1: at.x - 20, y1: at.y - 7.5, x2: at.x + 20, y2: at.y + 7.5 }));
  for (let i = 0; i < rects.length; i++) {
    for (const other of [node, ...rects.slice(0, i)]) {
      const rect = rects[i] as typeof node;
      assert.ok(rect.x1 >= other.x2 || other.x1 >= rect.x2 || rect.y1 >= other.y2 || other.y1 >= rect.y2);
    }
  }
  assert.ok(placed.size >= 4 && placed.size < wishes.length);
  assert.ok(placed.has('e11'), 'the most important one has its place');
});

test('an edge too short for its words has none', () => {
  assert.equal(placeChips([wish('short', 0, 45, 0)], []).size, 0);
  assert.equal(placeChips([wish('long', 0, 200, 0)], []).size, 1);
});

test('a curve goes through its three points', () => {
  const [from, through, to] = [{ x: 0, y: 0 }, { x: 50, y: 30 }, { x: 100, y: 0 }];
  assert.deepEqual(onCurve(from, through, to, 0), from);
  assert.deepEqual(onCurve(from, through, to, 0.5), through);
  assert.deepEqual(onCurve(from, through, to, 1), to);
});

const palette = { page: '#fff', surface: '#eee', hover: '', chosen: '', text: '#111', quiet: '#555', line: '', lineStrong: '#777', primary: '', good: '#0a0', calm: '#8a9', warn: '#a60', bad: '#b00', idle: '#999', box: '', boxLine: '#ccc', font: '"Noto Sans", sans-serif' };
const drawn = (title: string, x: number, y: number) => ({ at: { x, y }, width: 100, height: 42, kind: 'workload', cluster: 'main', namespace: 'payments', app: null, health: 'failing' as const, title, detail: '10/s', badges: ['canarySplit' as const, 'strict' as const] });

test('the picture holds everything, however far away, and is well-formed whatever the names are', () => {
  const hostile = '<script>alert(1)</script> "&\u0000\ud800';
  const { svg, width, height } = svgOf({
    title: hostile, boxes: true,
    nodes: [drawn(hostile, 0, 0), drawn('far', 3000, -2000)],
    edges: [{ from: { x: 0, y: 0 }, through: { x: 1500, y: -900 }, to: { x: 3000, y: -2000 }, width: 2, stroke: 'dashed', health: 'failing', mtls: 'plaintext', label: ['1/s'], name: hostile, loop: false }],
  }, palette);
  assert.ok(!svg.includes('<script>') && !svg.includes('\u0000') && !svg.includes('\ud800'));
  assert.ok(svg.includes('&lt;script&gt;') && svg.includes('1/s · plaintext'));
  // 3,000 apart, half a node, 14 of the frame and 40 of the margin at either side.
  assert.equal(width, 3000 + 100 + 28 + 80);
  assert.equal(height, 2000 + 42 + 44 + 80 + 34);
  // Every element is closed: what opens is one of these, and each closes itself or is closed.
  const opened = [...svg.matchAll(/<(svg|g|text|title)\b/g)].length;
  assert.equal([...svg.matchAll(/<\/(svg|g|text|title)>/g)].length, opened);
  assert.equal([...svg.matchAll(/<(rect|path|circle)\b[^>]*\/>/g)].length, [...svg.matchAll(/<(rect|path|circle)\b/g)].length);
});

test('words in a picture lie neither on a node nor on each other, what warns comes first, and what has no room is told on pointing', () => {
  const line = (name: string, more: object) => ({ name, loop: false, from: { x: 0, y: 0 }, through: { x: 200, y: 0 }, to: { x: 400, y: 0 }, width: 2, stroke: 'solid' as const, health: 'healthy' as const, mtls: 'mutual' as const, label: ['12 /s'], ...more });
  // A node stands on the middle of all of them.
  const { svg } = svgOf({
    title: 't', boxes: false, nodes: [drawn('middle', 200, 0)],
    edges: [...Array.from({ length: 9 }, (_, index) => line(`calm${index}`, {})), line('open', { mtls: 'plaintext', label: ['99 /s'] })],
  }, palette);
  const words = [...svg.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)" font-size="10.5"[^>]*>([^<]*)</g)].map(found => ({ x: Number(found[1]), text: found[3] as string }));
  assert.equal(words.some(({ text }) => text === '99 /s · plaintext'), true);
  assert.ok(words.length < 10, 'not all ten have room on one line');
  for (const one of words) {
    const half = [...one.text].length * 2.9;
    assert.ok(one.x + half <= 150 || one.x - half >= 250, `${one.text} at ${one.x} lies on the node`);
    for (const other of words) assert.ok(one === other || Math.abs(one.x - other.x) >= half, 'words on words');
  }
  assert.equal([...svg.matchAll(/<title>calm\d → |<title>calm\d: 12 \/s</g)].length, 9);
});

test('words in a picture do not lie on the name of a box', () => {
  const inBox = { ...drawn('a', 200, 40), badges: [] };
  // The line runs along the top of the box of the node, where its name stands.
  const { svg } = svgOf({
    title: 't', boxes: true, nodes: [inBox],
    edges: [{ name: 'x', loop: false, from: { x: 0, y: 0 }, through: { x: 200, y: 0 }, to: { x: 400, y: 0 }, width: 2, stroke: 'solid', health: 'healthy', mtls: 'mutual', label: ['12 /s'] }],
  }, palette);
  const box = Number(/<text x="([\d.]+)" y="[\d.-]+" font-size="12"/.exec(svg)?.[1]);
  const word = Number(/<text x="([\d.]+)" y="[\d.-]+" font-size="10.5"/.exec(svg)?.[1]);
  assert.ok(Number.isFinite(box) && Number.isFinite(word));
  assert.ok(word + 15 < box - 10 || word - 15 > box + 8 * 7.3, `the word at ${word} lies on the name that begins at ${box}`);
});

test('a call to itself has its words in a picture too', () => {
  const [from, through, to] = loopOf({ x: 200, y: 40 }, 100, 42);
  const { svg } = svgOf({
    title: 't', boxes: true, nodes: [{ ...drawn('narcissus', 200, 40), badges: [] }],
    edges: [{ name: 'narcissus → narcissus', loop: true, from, through, to, width: 2, stroke: 'solid', health: 'failing', mtls: 'mutual', label: ['6.00 /s'] }],
  }, palette);
  assert.match(svg, /<text [^>]*font-size="10.5"[^>]*>6.00 \/s</);
});

test('a call to itself is an arc over its node', () => {
  assert.deepEqual(loopOf({ x: 100, y: 50 }, 100, 40), [{ x: 120, y: 30 }, { x: 100, y: 4 }, { x: 80, y: 30 }]);
});

test('ten thousand nodes make a picture, and none makes an empty one', () => {
  const { svg } = svgOf({ title: 't', boxes: true, nodes: Array.from({ length: 10_000 }, (_, i) => drawn(`n${i}`, i, i)), edges: [] }, palette);
  assert.equal([...svg.matchAll(/>n\d+</g)].length, 10_000);
  assert.match(svgOf({ title: 't', boxes: false, nodes: [], edges: [] }, palette).svg, /^<svg [^>]*width="\d+"/);
});

test('escaping leaves what is ordinary as it is', () => assert.equal(escape('card-processor ✓ 💳'), 'card-processor ✓ 💳'));

test('a comparison writes its line at what differs and adds what is gone, once', () => {
  const [a, b] = [node('a'), node('b')];
  const line = edge(a, b);
  const key = `${a.id}|${b.id}|http`;
  const gone = { id: 'main/payments/workload/c', kind: 'workload', cluster: 'main', namespace: 'payments', name: 'c' };
  const compared = {
    lines: { [key]: '! errors 1 % → 5 %' },
    nodes: [gone, { ...gone, id: a.id }],
    edges: [{ source: a.id, target: gone.id, protocol: 'http' }, { source: a.id, target: b.id, protocol: 'http' }, { source: a.id, target: 'main/nowhere/workload/x', protocol: 'http' }],
  };
  assert.deepEqual(comparedLines(line, compared, ['1/s']), ['! errors 1 % → 5 %']);
  assert.deepEqual(comparedLines(edge(b, a), compared, ['1/s']), ['1/s']);
  assert.deepEqual(comparedLines(line, null, ['1/s']), ['1/s']);

  const both = withGone({ nodes: new Map([[a.id, a], [b.id, b]]), edges: new Map([[key, line]]) }, compared);
  assert.deepEqual(both.nodes.map(n => n.name), ['a', 'b', 'c']);
  assert.deepEqual(both.edges.map(e => `${e.source}|${e.target}`), [`${a.id}|${b.id}`, `${a.id}|${gone.id}`]);
  assert.equal(both.edges[1]?.requestsPerSecond, undefined, 'what is gone has no rate, not even zero');
  assert.deepEqual(withGone({ nodes: new Map([[a.id, a]]), edges: new Map() }, null), { nodes: [a], edges: [] });
});

test('places go through an address and come back, whole numbers and negative ones', () => {
  const places = new Map(Array.from({ length: placedUpTo }, (_, at) => [`main/payments/workload/service-${at}`, { x: at * 217 - 9000, y: 1200 - at * 31 }]));
  const text = placesOf(places);
  assert.ok(text !== null && text.length < 2000 && /^[0-9a-z._-]+$/.test(text), `${text?.length}`);
  assert.deepEqual(readPlaces(text, [...places.keys()]), places);
  assert.deepEqual(readPlaces(text, ['main/payments/workload/service-7', 'main/payments/workload/new']), new Map([['main/payments/workload/service-7', { x: 7 * 217 - 9000, y: 1200 - 7 * 31 }]]));
});

test('places that are too many, none or no places at all leave the reader\'s own', () => {
  assert.equal(placesOf(new Map()), null);
  assert.equal(placesOf(new Map(Array.from({ length: placedUpTo + 1 }, (_, at) => [`n${at}`, { x: at, y: at }]))), null);
  for (const text of [null, '', 'x', '<b>_...', `${'a'.repeat(5000)}`, 'abcd1.2.3']) assert.equal(readPlaces(text, ['main/payments/workload/a']), null);
});

test('where nearly everybody calls everybody nodes stand in columns, by how far down the calls their traffic comes, without an engine', async () => {
  const nodes = Array.from({ length: 36 }, (_, index) => node(`team-${String(index).padStart(2, '0')}`));
  const first = node('ingress');
  const all = [first, ...nodes];
  const loud = nodes.map(target => edge(first, target, { requestsPerSecond: 1000 }));
  const edges = [...loud, ...nodes.flatMap(source => nodes.filter(target => target !== source).map(target => edge(source, target, { requestsPerSecond: 1 })))];
  const places = await layOut({ layout: () => Promise.reject(new Error('not asked')) }, all, edges, false, 1.6, () => {});
  assert.equal(places.size, 37);
  const left = Math.min(...[...places.values()].map(at => at.x));
  assert.ok((places.get(first.id)?.x as number) - left < 250, 'whoever only calls is in the first column');
  for (const [id, at] of places) {
    for (const [other, there] of places) assert.ok(id === other || Math.abs(at.x - there.x) > 100 || Math.abs(at.y - there.y) > 60, `${id} lies on ${other}`);
  }
  const [width, height] = [Math.max(...[...places.values()].map(at => at.x)) - left, Math.max(...[...places.values()].map(at => at.y)) - Math.min(...[...places.values()].map(at => at.y))];
  assert.ok(width / height > 0.8 && width / height < 3.2, `${width} by ${height} fills a picture of 1.6`);
});

test('a graph with layers is left to the engine, and so is a small one', () => {
  const nodes = Array.from({ length: 40 }, (_, index) => node(`w${index}`));
  const chain = nodes.slice(1).map((target, index) => edge(nodes[index] as TopologyNode, target));
  assert.equal(tangled(nodes, chain, 1.6), null);
  const few = nodes.slice(0, 20);
  assert.equal(tangled(few, few.flatMap(source => few.map(target => edge(source, target))), 1.6), null);
});
