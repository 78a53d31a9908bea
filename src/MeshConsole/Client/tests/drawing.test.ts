import assert from 'node:assert/strict';
import { test } from 'node:test';
import ELK from 'elkjs/lib/elk.bundled.js';
import { edgeLines, labelsOf, nodeSize, outbound, shareOf } from '../src/graph/appearance';
import { knownBadges } from '../src/graph/badges';
import { boxesOf, closeBoxes, mergeEdges, worst } from '../src/graph/boxes';
import { bounded, dotsAt, gapOf, isFailed, mostDots, speed, type Stream } from '../src/graph/flow';
import { type Frame, type Framed, framesOf } from '../src/graph/frames';
import { cornersOf, type ElkNode, layOut, layOutByForce, type LayoutEngine } from '../src/graph/layout';
import { exceeds, mapOf, panTo } from '../src/graph/minimap';
import { readMotion, saveMotion } from '../src/graph/motion';
import { readingOrder } from '../src/graph/placement';
import { positionsKey } from '../src/graph/positions';
import { ranks } from '../src/graph/ranks';
import { distances, rings, separate } from '../src/graph/rings';
import type { TopologyEdge, TopologyNode } from '../src/graph/types';

const node = (name: string, more: Partial<TopologyNode> = {}): TopologyNode => ({
  id: `main/${more.namespace ?? 'payments'}/workload/${name}`,
  kind: 'workload', cluster: 'main', namespace: 'payments', name, health: 'healthy', reasons: [], ...more,
});
const edge = (source: TopologyNode, target: TopologyNode, more: Partial<TopologyEdge> = {}): TopologyEdge => ({
  source: source.id, target: target.id, protocol: 'http', requestsPerSecond: 1, mtls: { state: 'mutual', ratio: 1, reason: null }, health: 'healthy', ...more,
});
const thin = '\u202f';

// ------------------------------------------------------------------ labels

test('labels are read from a comma list, in an order of their own, and words that mean nothing are none', () => {
  assert.deepEqual(labelsOf('p95, rate,server-p99,<b>,p95'), ['rate', 'p95', 'server-p99']);
  assert.deepEqual(labelsOf('none'), []);
  assert.deepEqual(labelsOf(''), []);
});

test('several labels say what each of them is', () => {
  const [a, b] = [node('a'), node('b')];
  const latency = { mean: 1, p50: 8, p90: 20, p95: 36, p99: 50 };
  const full = edge(a, b, { requestsPerSecond: 20, errorRatio: 0.025, clientLatencyMs: latency, latencyMs: { ...latency, p99: 48 }, bytesPerSecond: { sent: 1500, received: 500 } });
  const totals = outbound([full, edge(a, node('c'), { requestsPerSecond: 60 }), edge(a, node('db'), { protocol: 'tcp', requestsPerSecond: null, connectionsPerSecond: 1000 })]);
  assert.deepEqual(edgeLines(full, labelsOf('rate,share,errors,p99,server-p99,throughput,mtls'), totals), [
    `20.0${thin}/s`, `25${thin}% of its calls`, `2.5${thin}% errors`, `p99 50.0${thin}ms`, `p99 48.0${thin}ms callee`, `2.00${thin}kB/s`,
  ]);
  assert.deepEqual(edgeLines(full, labelsOf('share'), totals), [`25${thin}%`]);
  assert.deepEqual(edgeLines({ ...full, latencyMs: null }, labelsOf('server-p50'), totals), []);
});

test('a share is of what is counted in the same unit, and not known where nothing is', () => {
  const [a, b] = [node('a'), node('b')];
  const tcp = edge(a, b, { protocol: 'tcp', requestsPerSecond: null, connectionsPerSecond: 5 });
  const totals = outbound([edge(a, b, { requestsPerSecond: 95 }), tcp]);
  assert.equal(shareOf(tcp, totals), 1);
  assert.equal(shareOf(edge(a, b, { requestsPerSecond: null }), totals), null);
  assert.equal(shareOf(edge(b, a, { requestsPerSecond: Number.NaN }), outbound([edge(b, a, { requestsPerSecond: Number.NaN })])), null);
  assert.deepEqual(edgeLines(edge(a, b, { latencyMs: { mean: null, p50: Number.NaN, p90: null, p95: null, p99: null } }), labelsOf('p50'), totals), []);
});

// ------------------------------------------------------------------ moving dots

const stream = (more: Partial<Stream> = {}): Stream => ({ key: 'k', from: { x: 0, y: 0 }, through: { x: 140, y: 0 }, to: { x: 280, y: 0 }, perSecond: 10, errorRatio: 0, ...more });

test('more traffic is closer dots, in steps, and none is no dot', () => {
  assert.deepEqual([0.1, 1, 10, 100, 1000, 1e4, 1e9].map(gapOf), [136, 112, 88, 64, 40, 16, 16]);
  assert.equal(gapOf(100), gapOf(120));
  assert.equal(gapOf(0), Infinity);
  assert.equal(gapOf(Number.NaN), Infinity);
  assert.deepEqual(dotsAt(stream({ perSecond: 0 }), 12), []);
});

test('dots keep their distance, move with the time and stay on the edge', () => {
  const at = (seconds: number): number[] => dotsAt(stream(), seconds).map(dot => dot.at.x).sort((a, b) => a - b);
  const [before, after] = [at(100), at(100.1)];
  for (const [index, x] of before.entries()) if (index > 0) assert.ok(Math.abs(x - (before[index - 1] as number) - gapOf(10)) < 1e-6);
  assert.ok(before.every(x => x >= 0 && x <= 280));
  assert.ok(after.some(x => Math.abs(x - (before[0] as number) - speed / 10) < 1e-6));
  assert.deepEqual(dotsAt(stream({ from: { x: Number.NaN, y: 0 } }), 1), []);
});

test('of ten dots as many stand for failed requests as the ratio says, evenly spread', () => {
  const failed = (ratio: number): number => Array.from({ length: 1000 }, (_, number) => isFailed(number, ratio)).filter(Boolean).length;
  assert.deepEqual([0, 0.1, 0.25, 0.5, 1, 7, Number.NaN].map(failed), [0, 100, 250, 500, 1000, 1000, 0]);
  for (let from = 0; from < 50; from += 10) assert.equal(Array.from({ length: 10 }, (_, i) => isFailed(from + i, 0.1)).filter(Boolean).length, 1);
});

test('a large graph gets no more dots than can be drawn, those that fail first', () => {
  const many = Array.from({ length: 5000 }, (_, index) => stream({ key: `k${index}`, perSecond: index, errorRatio: index === 3 ? 0.5 : 0 }));
  const kept = bounded(many);
  assert.equal(kept[0]?.key, 'k3');
  assert.ok(kept.reduce((sum, s) => sum + dotsAt(s, 1000).length, 0) <= mostDots);
  assert.ok(kept.length > 3 && kept.length < 200);
});

test('motion is the reader\'s choice, and until one is made the system\'s', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) };
  assert.equal(readMotion(storage, true), false);
  assert.equal(readMotion(storage, false), true);
  saveMotion(storage, true);
  assert.equal(readMotion(storage, true), true);
  const broken = { getItem: (): string => { throw new Error('off'); }, setItem: () => { throw new Error('off'); }, removeItem: () => {} };
  saveMotion(broken, true);
  assert.equal(readMotion(broken, true), false);
});

// ------------------------------------------------------------------ boxes

test('a closed box stands for its nodes, and the edges across its border are added up', () => {
  const [a, b] = [node('a', { health: 'failing' }), node('b', { badges: ['canarySplit', 'timeout'] })];
  const out = node('gate', { namespace: 'edge' });
  const shape = closeBoxes([a, b, out], [
    edge(out, a, { requestsPerSecond: 30, errorRatio: 0.1 }), edge(out, b, { requestsPerSecond: 10, errorRatio: 0.5, mtls: { state: 'plaintext', ratio: 0, reason: 'why' }, health: 'failing' }),
    edge(a, b), edge(b, b), edge(b, a),
  ], new Set(['main/payments']));
  const id = boxesOf(a)[1]?.id as string;
  assert.equal(id, 'main/payments/namespace/payments');
  assert.deepEqual(shape.nodes.map(n => n.id), [out.id, id]);
  const [box] = shape.nodes.filter(n => n.id === id) as [TopologyNode];
  assert.deepEqual([box.health, box.requestsPerSecond, box.badges], ['failing', 40, ['canarySplit']]);
  // (30 × 0.1 + 10 × 0.5) ÷ 40
  assert.equal(box.errorRatio, 0.2);
  assert.match(box.reasons[0] as string, /^1 of 2 are failing: a$/);
  assert.equal(shape.edges.length, 1);
  const [merged] = shape.edges as [TopologyEdge];
  assert.deepEqual([merged.source, merged.target, merged.requestsPerSecond, merged.errorRatio, merged.health], [out.id, id, 40, 0.2, 'failing']);
  // 30 of 40 requests are encrypted.
  assert.deepEqual([merged.mtls.state, merged.mtls.ratio, merged.mtls.reason], ['mixed', 0.75, 'why']);
  assert.equal(merged.latencyMs, null);
});

test('closing everything and nothing, twice and with edges to nowhere', () => {
  const [a, b] = [node('a'), node('b', { namespace: 'other' })];
  const edges = [edge(a, b), edge(b, a), edge(a, a)];
  assert.deepEqual(closeBoxes([a, b], edges, new Set()), { nodes: [a, b], edges });
  const closed = closeBoxes([a, b], edges, new Set(['main/payments', 'main/other', 'main/none']));
  assert.deepEqual(closed.nodes.map(n => n.kind), ['namespace', 'namespace']);
  assert.equal(closed.edges.length, 2);
  assert.equal(closeBoxes(closed.nodes, closed.edges, new Set(['main/payments', 'main/other'])).nodes.length, 2);
});

test('what is not known is never called well, and a sum of nothing is not zero', () => {
  assert.equal(worst(['healthy', 'unknown', 'idle']), 'unknown');
  assert.equal(worst(['idle', 'healthy']), 'healthy');
  assert.equal(worst(['degraded', 'unknown']), 'degraded');
  const [a, b] = [node('a'), node('b')];
  const merged = mergeEdges([edge(a, b, { requestsPerSecond: null }), edge(a, b, { requestsPerSecond: null })]);
  assert.deepEqual([merged.requestsPerSecond, merged.errorRatio, merged.mtls.state], [null, null, 'idle']);
  assert.equal(mergeEdges([edge(a, b), edge(a, b, { mtls: { state: 'unknown', ratio: null, reason: null } })]).mtls.state, 'unknown');
});

test('badges of a newer server are left out', () => assert.deepEqual(knownBadges(['strict', 'constructor', 'toString', 'gateway']), ['strict', 'gateway']));

// ------------------------------------------------------------------ ranks

test('ranks count callers once, share places and leave out who has none', () => {
  const [a, b, c, d] = [node('a', { requestsPerSecond: 5 }), node('b', { requestsPerSecond: 9 }), node('c', { requestsPerSecond: null }), node('d', { requestsPerSecond: 0 })];
  const edges = [edge(a, c), edge(b, c), edge(b, c, { protocol: 'tcp' }), edge(c, d), edge(a, b), edge(d, d)];
  assert.deepEqual([...ranks([a, b, c, d], edges, 'in')], [[c.id, 1], [d.id, 2], [b.id, 2]]);
  assert.deepEqual([...ranks([a, b, c, d], edges, 'out')], [[a.id, 1], [b.id, 2], [c.id, 2]]);
  assert.deepEqual([...ranks([a, b, c, d], edges, 'rate')], [[b.id, 1], [a.id, 2]]);
});

// ------------------------------------------------------------------ places

const overlaps = (nodes: TopologyNode[], places: ReadonlyMap<string, { x: number; y: number }>): string[] => {
  const found: string[] = [];
  nodes.forEach((a, i) => nodes.slice(i + 1).forEach(b => {
    const [p, q] = [places.get(a.id) as { x: number; y: number }, places.get(b.id) as { x: number; y: number }];
    // The narrowest node there is, 96 by 42.
    if (Math.abs(p.x - q.x) < 96 && Math.abs(p.y - q.y) < 42) found.push(`${a.name} ${b.name}`);
  }));
  return found;
};

test('rings go outwards from the node in the middle, cycles and loners too, and no node lies on another', () => {
  const all = Array.from({ length: 60 }, (_, index) => node(`n${index}`));
  const [hub] = all as [TopologyNode];
  const edges = [...all.slice(1, 41).map(other => edge(hub, other)), edge(all[1] as TopologyNode, all[50] as TopologyNode), edge(all[50] as TopologyNode, hub), edge(all[51] as TopologyNode, all[51] as TopologyNode)];
  const distance = distances(all, edges, null);
  assert.equal(distance.get(hub.id), 0);
  assert.equal(distance.get((all[50] as TopologyNode).id), 1);
  assert.equal(distance.get((all[51] as TopologyNode).id), 2);
  const places = rings(all, edges, null);
  assert.equal(places.size, 60);
  assert.deepEqual(overlaps(all, places), []);
  assert.deepEqual(rings([], [], null), new Map());
  assert.equal(distances(all, edges, (all[7] as TopologyNode).id).get(hub.id), 1);
});

test('nodes that lie on each other are pushed apart, and numbers that are none do no harm', () => {
  const all = Array.from({ length: 30 }, (_, index) => node(`n${index}`));
  const places = separate(new Map(all.map((n, index) => [n.id, { x: index === 3 ? Number.NaN : 0, y: 0, width: 96, height: 42 }])));
  assert.deepEqual(overlaps(all, places), []);
  assert.ok([...places.values()].every(at => Number.isFinite(at.x) && Number.isFinite(at.y)));
});

test('the layout by forces asks the engine once and keeps room between nodes', async () => {
  const all = [node('a'), node('b'), node('c')];
  const asked: ElkNode[] = [];
  const places = await layOutByForce({ layout: async graph => { asked.push(graph); return { ...graph, children: (graph.children ?? []).map(child => ({ ...child, x: 0, y: 0 })) }; } }, all, [edge(all[0] as TopologyNode, all[1] as TopologyNode)]);
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.layoutOptions?.['elk.algorithm'], 'force');
  assert.deepEqual(overlaps(all, places), []);
});

test('places of another layout or around a node are kept apart from the others', () => {
  assert.equal(new Set([positionsKey('app', null, []), positionsKey('app', null, [], 'force'), positionsKey('app', null, [], '1 around x')]).size, 3);
  assert.equal(positionsKey('app', 'main', ['b', 'a']), 'meshconsole.positions.app|main|a,b');
});

test('the keys read line by line, from the left', () => {
  const places = new Map([['c', { x: 0, y: 60 }], ['b', { x: 200, y: -8 }], ['a', { x: 0, y: 5 }], ['d', { x: -50, y: 70 }]]);
  assert.deepEqual(readingOrder(places), ['a', 'b', 'd', 'c']);
  assert.deepEqual(readingOrder(new Map()), []);
});

test('a press on the map brings that point to the middle', () => {
  const map = mapOf({ x1: -1000, y1: 0, x2: 1000, y2: 500 }, { width: 208, height: 108 });
  assert.equal(map.scale, 0.1);
  // The middle of the graph is the middle of the map.
  assert.deepEqual([0 * map.scale + map.x, 250 * map.scale + map.y], [104, 54]);
  assert.deepEqual(panTo({ x: 100, y: 50 }, 2, { width: 800, height: 600 }), { x: 200, y: 200 });
});

test('a map is of use while a part of the graph is out of sight', () => {
  const sight = { x1: 0, y1: 0, x2: 100, y2: 60 };
  assert.equal(exceeds({ x1: 0, y1: 0, x2: 100, y2: 60 }, sight), false);
  assert.equal(exceeds({ x1: -1, y1: 0, x2: 100, y2: 60 }, sight), true);
  assert.equal(exceeds({ x1: 10, y1: 10, x2: 20, y2: 61 }, sight), true);
  assert.equal(exceeds({ x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity }, sight), false, 'of nothing there is no map');
});

// ------------------------------------------------------------------ boxes of three kinds

const inApp = (app: string, version: string, more: Partial<TopologyNode> = {}): TopologyNode => node(`${app}-${version}`, { app, version, ...more });

test('boxes are those of cluster, namespace and app, and who is not known lies in none', () => {
  assert.deepEqual(boxesOf(inApp('card', 'v1')).map(box => [box.kind, box.key, box.id]), [
    ['cluster', 'main', 'cluster/main'], ['namespace', 'main/payments', 'main/payments/namespace/payments'], ['app', 'main/payments/card', 'main/payments/app/card'],
  ]);
  assert.deepEqual(boxesOf(node('x', { namespace: 'unknown' })), []);
});

test('the outermost closed box stands for all that is in it', () => {
  const [v1, v2, other, far] = [inApp('card', 'v1'), inApp('card', 'v2', { health: 'failing' }), node('ledger'), node('x', { cluster: 'west', id: 'west/payments/workload/x' })];
  const edges = [edge(v1, v2), edge(other, v1, { requestsPerSecond: 9 }), edge(other, v2), edge(far, other)];
  const shape = (...closed: string[]) => closeBoxes([v1, v2, other, far], edges, new Set(closed));

  const app = shape('main/payments/card');
  assert.deepEqual(app.nodes.map(n => [n.id, n.kind, n.health, n.requestsPerSecond ?? null]), [[other.id, 'workload', 'healthy', null], [far.id, 'workload', 'healthy', null], ['main/payments/app/card', 'app', 'failing', 10]]);
  assert.deepEqual(app.edges.map(e => [e.source, e.target]), [[far.id, other.id], [other.id, 'main/payments/app/card']]);
  assert.deepEqual(shape('main/payments/card', 'main/payments').nodes.map(n => n.id), [far.id, 'main/payments/namespace/payments']);
  const all = shape('main', 'west', 'main/payments');
  assert.deepEqual(all.nodes.map(n => [n.id, n.kind, n.name]), [['cluster/main', 'cluster', 'main'], ['cluster/west', 'cluster', 'west']]);
  assert.deepEqual(all.edges.map(e => [e.source, e.target]), [['cluster/west', 'cluster/main']]);
  // A picture that has closed boxes already is not changed by closing the same again.
  assert.deepEqual(closeBoxes(all.nodes, all.edges, new Set(['main', 'west', 'main/payments'])), all);
});

const framed = (n: TopologyNode, x: number, y: number): Framed => ({ kind: n.kind, cluster: n.cluster, namespace: n.namespace, app: n.app ?? null, x1: x, y1: y, x2: x + 100, y2: y + 42 });

test('a frame holds its nodes and the frames in it: an app of one and a single cluster have none', () => {
  const [v1, v2, alone] = [inApp('card', 'v1'), inApp('card', 'v2'), inApp('ledger', 'v1')];
  const one = framesOf([framed(v1, 0, 0), framed(v2, 0, 60), framed(alone, 300, 0)]);
  assert.deepEqual(one.map(f => [f.kind, f.key]), [['namespace', 'main/payments'], ['app', 'main/payments/card']]);
  const [namespace, app] = one as [Frame, Frame];
  assert.deepEqual([app.x1, app.y1, app.x2, app.y2], [-8, -21, 108, 110]);
  // 14 around and 30 above of what lies outermost: the app's frame at the left, the other node at the right.
  assert.deepEqual([namespace.x1, namespace.y1, namespace.x2, namespace.y2], [-22, -51, 414, 124]);

  const two = framesOf([framed(v1, 0, 0), framed(node('x', { cluster: 'west' }), 900, 0), framed(node('?', { namespace: 'unknown' }), 2000, 0)]);
  assert.deepEqual(two.map(f => [f.kind, f.key]), [['cluster', 'main'], ['cluster', 'west'], ['namespace', 'main/payments'], ['namespace', 'west/payments']]);
  assert.deepEqual(framesOf([framed({ ...v1, kind: 'namespace' }, 0, 0), framed({ ...v1, kind: 'cluster', namespace: '' }, 9, 9)]), []);
});

test('clusters lie beside each other, and no namespace of one in the frame of the other', () => {
  const boxes = ['main', 'west'].flatMap(cluster => Array.from({ length: 5 }, (_, index) => ({ key: `${cluster}/n${index}`, cluster, width: 300 + 40 * index, height: 120 })));
  const corners = cornersOf(boxes, [{ source: 'main/n0', target: 'west/n0', weight: 3 }, { source: 'main/n0', target: 'main/n1', weight: 1 }], 1.6);
  assert.equal(corners.size, 10);
  const spread = (cluster: string) => {
    const own = boxes.filter(box => box.cluster === cluster).map(box => ({ ...box, ...(corners.get(box.key) as { x: number; y: number }) }));
    return { x1: Math.min(...own.map(box => box.x)), x2: Math.max(...own.map(box => box.x + box.width)), y1: Math.min(...own.map(box => box.y)), y2: Math.max(...own.map(box => box.y + box.height)) };
  };
  const [main, west] = [spread('main'), spread('west')];
  assert.ok(main.x2 + 60 < west.x1 || west.x2 + 60 < main.x1 || main.y2 + 60 < west.y1 || west.y2 + 60 < main.y1, 'there is room for both frames and their names');
});

test('the engine lays workloads of one app into one place, with room for its frame, and no other node lies in it', async () => {
  const members = [inApp('card', 'v1'), inApp('card', 'v2'), inApp('card', 'v3')];
  const others = ['api', 'router', 'fraud', 'ledger', 'bank'].map(name => node(name, { app: name }));
  const [api, router, fraud, ledger, bank] = others as [TopologyNode, TopologyNode, TopologyNode, TopologyNode, TopologyNode];
  const edges = [edge(api, router), edge(router, fraud), ...members.flatMap(member => [edge(router, member), edge(member, bank)]), edge(members[0] as TopologyNode, ledger), edge(fraud, ledger)];
  const nodes = [...members, ...others];
  const places = await layOut(new ELK() as unknown as LayoutEngine, nodes, edges, true, 1.6, () => {});
  assert.equal(places.size, nodes.length);
  const lying = nodes.map(n => {
    const [at, size] = [places.get(n.id) as { x: number; y: number }, nodeSize(n)];
    return { n, kind: n.kind, cluster: n.cluster, namespace: n.namespace, app: n.app ?? null, x1: at.x - size.width / 2, y1: at.y - size.height / 2, x2: at.x + size.width / 2, y2: at.y + size.height / 2 };
  });
  const frame = framesOf(lying).find(f => f.kind === 'app') as Frame;
  assert.equal(frame.key, 'main/payments/card');
  for (const other of lying.filter(one => one.app !== 'card')) assert.ok(other.x2 <= frame.x1 || other.x1 >= frame.x2 || other.y2 <= frame.y1 || other.y1 >= frame.y2, `${other.n.name} lies in the frame`);
});
