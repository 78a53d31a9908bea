import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgeLabel, edgeStroke, edgeWidth, middle, nodeDetail, nodeSize, nodeTitle } from '../src/graph/appearance';
import { Graph } from '../src/graph/graph';
import { type ElkNode, gridPositions, layOut, positionsOf, type Progress, wholeGraph, wholeLayoutLimit } from '../src/graph/layout';
import { milliseconds, percent, rate } from '../src/graph/numbers';
import { nearest, place, type Placed, wishFor } from '../src/graph/placement';
import { keptViews, positionsKey, readPositions, savePositions } from '../src/graph/positions';
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
  assert.equal(width(1), 2.2);
  assert.equal(width(100), 4.6);
  assert.equal(width(10_000), 7);
  assert.equal(width(1e9), 7);
});

test('an idle edge is dotted whatever its lock, a plaintext one dashed', () => {
  const [a, b] = [node('a'), node('b')];
  assert.equal(edgeStroke(edge(a, b, { requestsPerSecond: 0, mtls: { state: 'plaintext', ratio: 0, reason: null } })), 'dotted');
  assert.equal(edgeStroke(edge(a, b, { mtls: { state: 'plaintext', ratio: 0, reason: null } })), 'dashed');
  assert.equal(edgeStroke(edge(a, b, { mtls: { state: 'unknown', ratio: null, reason: null } })), 'solid');
  assert.equal(edgeStroke(edge(a, b, { requestsPerSecond: null, connectionsPerSecond: 2 })), 'solid');
});

test('a label that is not known is not written', () => {
  const known = edge(node('a'), node('b'), { requestsPerSecond: 12.34, errorRatio: 0, clientLatencyMs: { mean: 1, p50: 1, p90: 1, p95: 36.5, p99: 2 } });
  assert.equal(edgeLabel(known, 'rate'), '12.3\u202f/s');
  assert.equal(edgeLabel(known, 'errors'), '');
  assert.equal(edgeLabel(known, 'p95'), '36.5\u202fms');
  assert.equal(edgeLabel(known, 'none'), '');
  assert.equal(edgeLabel({ ...known, clientLatencyMs: null }, 'p95'), '');
  assert.equal(edgeLabel({ ...known, mtls: { state: 'mixed', ratio: 0.5, reason: null } }, 'mtls'), '50\u202f%');
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

test('a small mesh is one graph with a box for each namespace', () => {
  const [a, b] = [node('a'), node('b', { namespace: 'batch' })];
  const graph = wholeGraph([a, b], [edge(a, b), edge(a, a)], true);
  assert.deepEqual(graph.children?.map(child => child.id), ['box:main/batch', 'box:main/payments']);
  assert.equal(graph.edges?.length, 1);
});

test('positions are centres in the coordinates of the whole', () => {
  const laid: ElkNode = { id: 'root', children: [{ id: 'box', x: 100, y: 10, children: [{ id: 'n', x: 5, y: 5, width: 20, height: 10 }] }] };
  assert.deepEqual([...positionsOf(laid)], [['n', { x: 115, y: 20 }]]);
});

test('a large mesh is laid out namespace by namespace, every node once, with progress to its end', async () => {
  const nodes = Array.from({ length: wholeLayoutLimit + 50 }, (_, index) => node(`n${index}`, { namespace: `ns${index % 10}` }));
  const edges = nodes.slice(1).map((target, index) => edge(nodes[index] as TopologyNode, target));
  const seen: Progress[] = [];
  row.calls = 0;
  const positions = await layOut(row, nodes, edges, true, progress => seen.push(progress));
  assert.equal(positions.size, nodes.length);
  assert.equal(row.calls, 11);
  assert.deepEqual(seen.at(-1), { done: 11, total: 11 });
  assert.ok(seen.every((progress, index) => index === 0 || progress.done >= (seen[index - 1] as Progress).done));
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
