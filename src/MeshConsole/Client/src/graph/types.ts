// What the hub's stream Topology sends; the records are those of GET /api/v1/topology.
export type Health = 'unknown' | 'idle' | 'healthy' | 'degraded' | 'failing';
export type MtlsState = 'unknown' | 'mutual' | 'plaintext' | 'mixed' | 'idle';
/** The level, and after commas what stands between callers and callees: services, operations. */
export type View = 'namespace' | `${'workload' | 'versionedApp' | 'service' | 'app'}${'' | ',services'}${'' | ',operations'}`;

/** What the configuration does to a node, in the order in which it is drawn. */
export type Badge = 'noProxy' | 'gateway' | 'virtualService' | 'canarySplit' | 'faultInjection' | 'mirroring' | 'timeout' | 'circuitBreaker' | 'strict' | 'permissive' | 'disabled';

export interface LatencyMs {
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
}

export interface TopologyNode {
  id: string;
  kind: string;
  cluster: string;
  namespace: string;
  name: string;
  app?: string | null;
  version?: string | null;
  mesh?: string | null;
  health: Health;
  reasons: string[];
  requestsPerSecond?: number | null;
  errorRatio?: number | null;
  readyReplicas?: number | null;
  desiredReplicas?: number | null;
  badges?: Badge[];
}

export interface TopologyEdge {
  source: string;
  target: string;
  service?: string | null;
  protocol: string;
  requestsPerSecond?: number | null;
  connectionsPerSecond?: number | null;
  errorRatio?: number | null;
  latencyMs?: LatencyMs | null;
  clientLatencyMs?: LatencyMs | null;
  bytesPerSecond?: { sent: number | null; received: number | null } | null;
  mtls: { state: MtlsState; ratio: number | null; reason: string | null };
  health: Health;
}

export interface Topology {
  revision: number;
  observedAt: string;
  window: number;
  nodes: TopologyNode[];
  edges: TopologyEdge[];
}

export interface TopologyDelta {
  fromRevision: number;
  revision: number;
  addedNodes: TopologyNode[];
  changedNodes: TopologyNode[];
  removedNodes: string[];
  addedEdges: TopologyEdge[];
  changedEdges: TopologyEdge[];
  removedEdges: string[];
}

/** First the whole topology, then what changed; neither means that a newer snapshot looks the same. */
export interface TopologyMessage {
  revision: number;
  observedAt: string;
  topology?: Topology | null;
  delta?: TopologyDelta | null;
}

export interface Point {
  x: number;
  y: number;
}

export function edgeKey(edge: { source: string; target: string; protocol: string }): string {
  return `${edge.source}|${edge.target}|${edge.protocol}`;
}
