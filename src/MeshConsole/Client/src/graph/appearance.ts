// How numbers become widths, words and shapes; pure, so that it is tested without a canvas.
import { bytes, milliseconds, percent, rate } from './numbers';
import type { Health, LatencyMs, TopologyEdge, TopologyNode } from './types';

/** Quantiles are those of the caller where it reports, else of the callee; `server-…` are those of the callee alone. */
export const labelKinds = ['rate', 'share', 'errors', 'p50', 'p90', 'p95', 'p99', 'server-p50', 'server-p90', 'server-p95', 'server-p99', 'throughput', 'mtls'] as const;
export type Label = (typeof labelKinds)[number];

/** Reads the comma list of an address; what means nothing is left out, and `none` is nothing. */
export function labelsOf(text: string): Label[] {
  const words = text.split(',').map(word => word.trim());
  return labelKinds.filter(kind => words.includes(kind));
}

/** What each caller sends in all, by its id and the unit that it is counted in: requests and connections are never added up. */
export function outbound(edges: Iterable<TopologyEdge>): Map<string, number> {
  const totals = new Map<string, number>();
  for (const edge of edges) {
    const flow = edge.requestsPerSecond ?? edge.connectionsPerSecond;
    if (flow != null && flow > 0) totals.set(outboundKey(edge), (totals.get(outboundKey(edge)) ?? 0) + flow);
  }
  return totals;
}

/** Share of its caller's traffic, 0 to 1; null where it is not known or nothing flows. */
export function shareOf(edge: TopologyEdge, totals: ReadonlyMap<string, number>): number | null {
  const total = totals.get(outboundKey(edge));
  const flow = edge.requestsPerSecond ?? edge.connectionsPerSecond;
  return total && flow != null && flow > 0 ? flow / total : null;
}

function outboundKey(edge: TopologyEdge): string {
  return `${edge.requestsPerSecond != null ? 'requests' : 'connections'} ${edge.source}`;
}

/** Width of an edge by the logarithm of its rate: 1 px at 0.1/s and under, 5.5 px at 10,000/s and over. */
export function edgeWidth(edge: TopologyEdge): number {
  const perSecond = edge.requestsPerSecond ?? edge.connectionsPerSecond ?? 0;
  if (!(perSecond > 0)) return 1;
  const decades = Math.log10(perSecond) + 1;
  return Math.round((1 + Math.min(5, Math.max(0, decades)) * 0.9) * 10) / 10;
}

/** The width that is drawn stays while the wanted one differs by less than the eye sees: rates waver with every refresh. */
export function steadyEdgeWidth(drawn: number, wanted: number): number {
  return Math.abs(drawn - wanted) < 0.3 ? drawn : wanted;
}

/** A node keeps its breadth while its words fit (a little closer together, if need be) and do not look lost in it. */
export function steadyNodeWidth(drawn: number, wanted: number): number {
  return wanted <= drawn + 16 && wanted > drawn - 60 ? drawn : wanted;
}

/** Those of the wanted values that are not the drawn ones; null when all are. */
export function differing(drawn: Record<string, unknown>, wanted: Record<string, unknown>): Record<string, unknown> | null {
  let changes: Record<string, unknown> | null = null;
  for (const key in wanted) {
    if (drawn[key] !== wanted[key]) (changes ??= {})[key] = wanted[key];
  }
  return changes;
}

export function isIdle(edge: TopologyEdge): boolean {
  return !((edge.requestsPerSecond ?? 0) > 0) && !((edge.connectionsPerSecond ?? 0) > 0);
}

/** The stroke: dotted without traffic, dashed in plaintext, else whole. */
export function edgeStroke(edge: TopologyEdge): 'solid' | 'dashed' | 'dotted' {
  if (isIdle(edge)) return 'dotted';
  return edge.mtls.state === 'plaintext' ? 'dashed' : 'solid';
}

/**
 * The lines written at an edge; none where nothing is known, since a dash beside a line says nothing. One alone is the plain number;
 * several say what each of them is.
 */
export function edgeLines(edge: TopologyEdge, labels: readonly Label[], totals: ReadonlyMap<string, number>): string[] {
  if (isIdle(edge)) return [];
  const alone = labels.length === 1;
  return labels.map(label => edgeLine(edge, label, alone, totals)).filter(line => line !== '');
}

function edgeLine(edge: TopologyEdge, label: Label, alone: boolean, totals: ReadonlyMap<string, number>): string {
  switch (label) {
    case 'rate':
      return edge.requestsPerSecond != null ? rate(edge.requestsPerSecond) : edge.connectionsPerSecond != null ? `${rate(edge.connectionsPerSecond)} conn.` : '';
    case 'share': {
      const share = shareOf(edge, totals);
      return share === null ? '' : alone ? percent(share) : `${percent(share)} of its calls`;
    }
    case 'errors':
      return edge.errorRatio != null && edge.errorRatio > 0 ? (alone ? percent(edge.errorRatio) : `${percent(edge.errorRatio)} errors`) : '';
    case 'throughput': {
      const flows = [edge.bytesPerSecond?.sent, edge.bytesPerSecond?.received].filter(flow => flow != null);
      return flows.length > 0 ? bytes(flows.reduce((sum, flow) => sum + flow, 0)) : '';
    }
    case 'mtls':
      return edge.mtls.state === 'mixed' && edge.mtls.ratio != null ? `${percent(edge.mtls.ratio)}${alone ? '' : ' mTLS'}` : edge.mtls.state === 'mutual' ? '' : edge.mtls.state;
    default: {
      const server = label.startsWith('server-');
      const quantile = label.slice(-3) as keyof LatencyMs;
      const value = server ? edge.latencyMs?.[quantile] : (edge.clientLatencyMs?.[quantile] ?? edge.latencyMs?.[quantile]);
      return value == null || !Number.isFinite(value) ? '' : alone ? milliseconds(value) : `${quantile} ${milliseconds(value)}${server ? ' callee' : ''}`;
    }
  }
}

/**
 * Text of the cluster on one line and in its own order: a canvas breaks lines at line feeds and turns text around at bidirectional
 * overrides, so that one name could pose as two or as another. A control character becomes its picture (␊), whatever else is
 * invisible or moves its neighbours becomes �.
 */
export function visible(text: string): string {
  return isolated(seen(text));
}

function seen(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, character => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** Stretches that run from right to left. Their letters and what lies between share no character, so nothing is tried twice. */
const leftwards = /(?=\p{L})[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}](?:[^\p{L}]*(?=\p{L})[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}])*\p{M}*/gu;

/** Each of them as an isolate (U+2068, U+2069), so that a number behind a Hebrew name stays behind it; as Bidirectional does on the pages. */
function isolated(text: string): string {
  return text.replace(leftwards, stretch => `\u2068${stretch}\u2069`);
}

/** Made visible, and cut in the middle as Format.Middle does. */
export function middle(text: string, length: number): string {
  const points = [...seen(text)];
  if (points.length <= length) return isolated(points.join(''));
  const head = Math.floor(length / 2);
  return isolated(`${points.slice(0, head).join('')}…${points.slice(points.length - (length - 1 - head)).join('')}`);
}

export function nodeTitle(node: TopologyNode): string {
  if (node.kind === 'unknown') return node.namespace === 'unknown' ? 'unknown caller' : `unknown in ${middle(node.namespace, 16)}`;
  return middle(node.name, 26);
}

/** The second line of a node. */
export function nodeDetail(node: TopologyNode): string {
  const parts: string[] = [];
  if (node.requestsPerSecond != null && node.requestsPerSecond > 0) parts.push(rate(node.requestsPerSecond));
  if (node.errorRatio != null && node.errorRatio >= 0.001) parts.push(`${percent(node.errorRatio)} errors`);
  if (node.desiredReplicas != null && node.readyReplicas != null && node.readyReplicas < node.desiredReplicas) parts.push(`${node.readyReplicas}/${node.desiredReplicas} ready`);
  if (parts.length === 0) parts.push(node.health === 'idle' ? 'idle' : node.kind === 'workload' ? '' : node.kind);
  return parts.join(' · ');
}

/** Breadth by the longer of the two lines; the font is the browser's, so this is on the generous side. */
export function nodeSize(node: TopologyNode): { width: number; height: number } {
  const letters = Math.max([...nodeTitle(node)].length * 7.3, [...nodeDetail(node)].length * 6);
  return { width: Math.round(Math.min(250, Math.max(96, letters + 44))), height: 42 };
}

export const healthWord: Record<Health, string> = { healthy: 'healthy', degraded: 'degraded', failing: 'failing', idle: 'idle', unknown: 'health unknown' };

/** What a screen reader hears of a node. */
export function nodeSentence(node: TopologyNode, inbound: number, outbound: number): string {
  const detail = nodeDetail(node);
  const reason = node.reasons[0] ? `: ${middle(node.reasons[0].replace(/\.$/, ''), 120)}` : '';
  return `${nodeTitle(node)}, ${node.kind}${node.kind === 'namespace' ? '' : ` in ${middle(node.namespace, 40)}`}, ${healthWord[node.health]}${reason}. ${detail ? `${detail}. ` : ''}${inbound} in, ${outbound} out.`;
}
