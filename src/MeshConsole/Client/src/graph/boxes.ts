// Closed boxes: one node stands for all nodes of a namespace, and one edge for all edges of a protocol between two ends.
import { isIdle } from './appearance';
import type { Badge, Health, MtlsState, TopologyEdge, TopologyNode } from './types';

export function boxKey(node: { cluster: string; namespace: string }): string {
  return `${node.cluster}/${node.namespace}`;
}

export function boxId(node: { cluster: string; namespace: string }): string {
  return `${node.cluster}/${node.namespace}/namespace/${node.namespace}`;
}

/** Not known ranks above healthy: what is not known is never called well. */
const byWeight: Health[] = ['failing', 'degraded', 'unknown', 'healthy', 'idle'];

export function worst(healths: Iterable<Health>): Health {
  const found = new Set(healths);
  return byWeight.find(health => found.has(health)) ?? 'unknown';
}

/** The picture with these boxes closed. Calls inside of a box are not drawn; those across its border end at it. */
export function closeBoxes(nodes: Iterable<TopologyNode>, edges: Iterable<TopologyEdge>, closed: ReadonlySet<string>): { nodes: TopologyNode[]; edges: TopologyEdge[] } {
  const open: TopologyNode[] = [];
  const members = new Map<string, TopologyNode[]>();
  const standsFor = new Map<string, string>();
  for (const node of nodes) {
    // At the level of namespaces a node is its own box already.
    if (!closed.has(boxKey(node)) || node.kind === 'namespace') {
      open.push(node);
      continue;
    }
    standsFor.set(node.id, boxId(node));
    const list = members.get(boxId(node));
    if (list) list.push(node);
    else members.set(boxId(node), [node]);
  }

  const kept: TopologyEdge[] = [];
  const across = new Map<string, TopologyEdge[]>();
  for (const edge of edges) {
    const [source, target] = [standsFor.get(edge.source), standsFor.get(edge.target)];
    if (source === undefined && target === undefined) {
      kept.push(edge);
      continue;
    }
    const ends = { source: source ?? edge.source, target: target ?? edge.target };
    if (ends.source === ends.target) continue;
    const key = `${ends.source}|${ends.target}|${edge.protocol}`;
    const list = across.get(key);
    if (list) list.push({ ...edge, ...ends });
    else across.set(key, [{ ...edge, ...ends }]);
  }
  // What arrives at a node of the box from outside; with one that is not known the sum is not known either.
  const merged = [...across.values()].map(mergeEdges);
  return { nodes: [...open, ...[...members].map(([id, list]) => boxOf(id, list, merged))], edges: [...kept, ...merged] };
}

function boxOf(id: string, members: TopologyNode[], edges: readonly TopologyEdge[]): TopologyNode {
  const [first] = members as [TopologyNode];
  const health = worst(members.map(node => node.health));
  const same = members.filter(node => node.health === health);
  const inbound = edges.filter(edge => edge.target === id && edge.requestsPerSecond != null);
  const requestsPerSecond = inbound.length > 0 ? sum(inbound.map(edge => edge.requestsPerSecond)) : null;
  const badges = new Set(members.flatMap(node => node.badges ?? []));
  const notable: Badge[] = ['noProxy', 'canarySplit', 'faultInjection', 'mirroring'];
  return {
    id,
    kind: 'namespace',
    cluster: first.cluster,
    namespace: first.namespace,
    name: first.namespace,
    mesh: null,
    health,
    reasons: [`${same.length} of ${members.length} ${health === 'unknown' ? 'are not known' : `are ${health}`}${health === 'failing' || health === 'degraded' ? `: ${same.slice(0, 3).map(node => node.name).join(', ')}` : ''}`],
    requestsPerSecond,
    errorRatio: weighted(inbound, edge => edge.errorRatio),
    readyReplicas: null,
    desiredReplicas: null,
    badges: notable.filter(badge => badges.has(badge)),
  };
}

/** Rates add up, ratios are weighted by them, the worst health and the weakest protection count. Percentiles cannot be merged. */
export function mergeEdges(edges: TopologyEdge[]): TopologyEdge {
  const [first] = edges as [TopologyEdge];
  if (edges.length === 1) return first;
  const flowing = edges.filter(edge => !isIdle(edge));
  return {
    ...first,
    service: null,
    requestsPerSecond: sum(edges.map(edge => edge.requestsPerSecond)),
    connectionsPerSecond: sum(edges.map(edge => edge.connectionsPerSecond)),
    errorRatio: weighted(edges, edge => edge.errorRatio),
    latencyMs: null,
    clientLatencyMs: null,
    bytesPerSecond: { sent: sum(edges.map(edge => edge.bytesPerSecond?.sent)), received: sum(edges.map(edge => edge.bytesPerSecond?.received)) },
    mtls: mergeMtls(flowing),
    health: worst(edges.map(edge => edge.health)),
  };
}

function mergeMtls(edges: TopologyEdge[]): TopologyEdge['mtls'] {
  const states = new Set<MtlsState>(edges.map(edge => edge.mtls.state));
  const only = states.size === 1 ? ([...states][0] as MtlsState) : null;
  const state: MtlsState = edges.length === 0 ? 'idle' : (only ?? (states.has('plaintext') || states.has('mixed') ? (states.has('mutual') || states.has('mixed') ? 'mixed' : 'plaintext') : 'unknown'));
  const known = edges.every(edge => edge.mtls.ratio != null);
  return { state, ratio: known ? weighted(edges, edge => edge.mtls.ratio) : null, reason: edges.find(edge => edge.mtls.reason)?.mtls.reason ?? null };
}

/** Null when none of them is known. */
function sum(values: (number | null | undefined)[]): number | null {
  const known = values.filter(value => value != null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function weighted(edges: readonly TopologyEdge[], of: (edge: TopologyEdge) => number | null | undefined): number | null {
  let [total, weight] = [0, 0];
  for (const edge of edges) {
    const [value, flow] = [of(edge), edge.requestsPerSecond ?? edge.connectionsPerSecond ?? 0];
    if (value == null || !(flow > 0)) continue;
    total += value * flow;
    weight += flow;
  }
  return weight > 0 ? total / weight : null;
}
