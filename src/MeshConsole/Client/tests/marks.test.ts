// What is marked, compared with what cytoscape's own traversal of the same graph says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import cytoscape from 'cytoscape';
import { marksOf, type Wanted } from '../src/graph/marks';
import type { TopologyEdge, TopologyNode } from '../src/graph/types';

const nothing: Wanted = { selected: null, found: null, hidden: null, hideIdle: false };

function graph(names: string, calls: [string, string, number?][]) {
  const nodes = new Map([...names].map(id => [id, { id, kind: 'workload', cluster: 'c', namespace: 'n', name: id, health: 'healthy', reasons: [] } as TopologyNode]));
  const edges = new Map(calls.map(([source, target, rate = 1]) => [`${source}${target}`, { source, target, protocol: 'http', requestsPerSecond: rate, mtls: { state: 'mutual', ratio: 1, reason: null }, health: 'healthy' } as TopologyEdge]));
  return { nodes, edges };
}

const sorted = (ids: Iterable<string>) => [...ids].sort();

test('a selected node stands out with its edges and who is at their other ends; a selected edge with its ends', () => {
  const mesh = graph('abcd', [['a', 'b'], ['b', 'c'], ['c', 'd'], ['b', 'b']]);
  const node = marksOf(mesh, { ...nothing, selected: 'b' });
  assert.deepEqual(sorted(node.near), ['ab', 'bb', 'bc']);
  assert.deepEqual(sorted(node.faded), ['cd', 'd']);
  const edge = marksOf(mesh, { ...nothing, selected: 'bc' });
  assert.deepEqual(sorted(edge.near), ['bc']);
  assert.deepEqual(sorted(edge.faded), ['a', 'ab', 'bb', 'cd', 'd']);
});

test('what is selected but not drawn marks nothing', () => {
  const marks = marksOf(graph('ab', [['a', 'b']]), { ...nothing, selected: 'gone' });
  assert.equal(marks.selected, null);
  assert.equal(marks.faded.size, 0);
});

test('nodes without another edge go with the idle ones, and what is selected stays', () => {
  const mesh = graph('abcd', [['a', 'b'], ['c', 'd', 0], ['b', 'd', 0]]);
  assert.deepEqual(sorted(marksOf(mesh, { ...nothing, hideIdle: true }).hidden), ['bd', 'c', 'cd', 'd']);
  assert.deepEqual(sorted(marksOf(mesh, { ...nothing, hideIdle: true, selected: 'c' }).hidden), ['bd', 'cd', 'd']);
});

test('a found edge brings its ends along, found nodes what lies between them', () => {
  const mesh = graph('abcd', [['a', 'b'], ['b', 'c'], ['c', 'd'], ['d', 'd']]);
  assert.deepEqual(sorted(marksOf(mesh, { ...nothing, found: ['bc'] }).faded), ['a', 'ab', 'cd', 'd', 'dd']);
  assert.deepEqual(sorted(marksOf(mesh, { ...nothing, found: ['c', 'd', 'gone'] }).faded), ['a', 'ab', 'b', 'bc']);
  assert.deepEqual(sorted(marksOf(mesh, { ...nothing, found: ['c', 'gone'] }).found), ['c']);
});

test('marks are those of a traversal by cytoscape, whatever the graph', () => {
  let state = 20261128;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 300; round++) {
    const names = 'abcdefgh'.slice(0, 1 + random(8));
    const pick = () => names[random(names.length)] as string;
    const mesh = graph(names, Array.from({ length: random(14) }, () => [pick(), pick(), random(2)] as [string, string, number]));
    const ids = [...mesh.nodes.keys(), ...mesh.edges.keys()];
    const some = () => (random(2) === 0 ? null : ids.filter(() => random(4) === 0));
    const wanted: Wanted = { selected: random(2) === 0 ? null : (ids[random(ids.length)] as string), found: some(), hidden: some(), hideIdle: random(3) === 0 };

    const cy = cytoscape({ headless: true, elements: [...[...mesh.nodes.keys()].map(id => ({ data: { id } })), ...[...mesh.edges].map(([id, { source, target }]) => ({ data: { id, source, target } }))] });
    const none = cy.collection();
    const only = (wantedIds: readonly string[] | null) => cy.elements().filter(element => wantedIds?.includes(element.id()) === true);
    let hidden = only(wanted.hidden);
    hidden = hidden.union(hidden.nodes().connectedEdges());
    if (wanted.hideIdle) {
      hidden = hidden.union(cy.edges().filter(element => mesh.edges.get(element.id())?.requestsPerSecond === 0));
      hidden = hidden.union(cy.nodes().filter(node => node.connectedEdges().not(hidden).empty()));
    }
    const selected = wanted.selected === null ? none : cy.getElementById(wanted.selected);
    const near = selected.closedNeighborhood().union(selected.connectedNodes());
    const found = only(wanted.found);
    const bright = wanted.found !== null ? found.union(found.edges().connectedNodes()).union(found.nodes().edgesWith(found.nodes())) : selected.nonempty() ? near : cy.elements();

    const marks = marksOf(mesh, wanted);
    const message = JSON.stringify({ edges: [...mesh.edges.keys()], wanted });
    assert.deepEqual(sorted(marks.hidden), sorted(hidden.not(selected).map(element => element.id())), message);
    assert.deepEqual(sorted(marks.faded), sorted(cy.elements().not(bright).map(element => element.id())), message);
    assert.deepEqual(sorted(marks.near), wanted.found === null ? sorted(near.edges().map(element => element.id())) : [], message);
    cy.destroy();
  }
});
