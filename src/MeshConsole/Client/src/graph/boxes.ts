// Closed boxes: one node stands for all nodes of a cluster, a namespace or an app, and one edge for all edges of a protocol between
// two ends.
import { isIdle } from './appearance';
import type { Badge, Health, MtlsState, TopologyEdge, TopologyNode } from './types';

export type BoxKind = 'cluster' | 'namespace' | 'app';

export interface Box {
  /** As the address names it: cluster, cluster/namespace, cluster/namespace/app. */
  key: string;
  /** Of the node that stands for it while it is closed. */
  id: string;
  kind: BoxKind;
  name: string;
}

/** The boxes that a node lies in, from the outermost; none for who is not known. */
export function boxesOf({ cluster, namespace, app }: { cluster: string; namespace: string; app?: string | null }): Box[] {
  if (namespace === 'unknown') return [];
  return [
    { key: cluster, id: `cluster/${cluster}`, kind: 'cluster', name: cluster },
    { key: `${cluster}/${namespace}`, id: `${cluster}/${namespace}/namespace/${namespace}`, kind: 'namespace', name: namespace },
    ...(app ? [{ key: `${cluster}/${namespace}/${app}`, id: `${cluster}/${namespace}/app/${app}`, kind: 'app' as const, name: app }] : []),
  ];
}

/** The outermost closed box that hides a node; none for the node that stands for a box itself. */
export function closedBox(node: TopologyNode, closed: ReadonlySet<string>): Box | undefined {
  const box = boxesOf(node).find(({ key }) => closed.has(key));
  return box && box.id !== node.id ? box : undefined;
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
  const members = new Map<string, { box: Box; nodes: TopologyNode[] }>();
  const standsFor = new Map<string, string>();
  for (const node of nodes) {
    const box = closedBox(node, closed);
    if (!box) {
      open.push(node);
      continue;
    }
    standsFor.set(node.id, box.id);
    const list = members.get(box.id);
    if (list) list.nodes.push(node);
    else members.set(box.id, { box, nodes: [node] });
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
  return { nodes: [...open, ...[...members.values()].map(({ box, nodes: inside }) => boxOf(box, inside, merged))], edges: [...kept, ...merged] };
}

function boxOf({ id, kind, name }: Box, members: TopologyNode[], edges: readonly TopologyEdge[]): TopologyNode {
  const [first] = members as [TopologyNode];
  const health = worst(members.map(node => node.health));
  const same = members.filter(node => node.health === health);
  const inbound = edges.filter(edge => edge.target === id && edge.requestsPerSecond != null);
  const requestsPerSecond = inbound.length > 0 ? sum(inbound.map(edge => edge.requestsPerSecond)) : null;
  const badges = new Set(members.flatMap(node => node.badges ?? []));
  const notable: Badge[] = ['noProxy', 'canarySplit', 'faultInjection', 'mirroring'];
  return {
    id,
    kind,
    cluster: first.cluster,
    namespace: kind === 'cluster' ? '' : first.namespace,
    name,
    app: kind === 'app' ? name : null,
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
