// How numbers become widths, words and shapes; pure, so that it is tested without a canvas.
import { milliseconds, percent, rate } from './numbers';
import type { Health, TopologyEdge, TopologyNode } from './types';

export type Label = 'none' | 'rate' | 'errors' | 'p95' | 'mtls';

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

/** What is written at an edge; empty where the number is not known, since a dash beside a line says nothing. */
export function edgeLabel(edge: TopologyEdge, label: Label): string {
  if (label === 'none' || isIdle(edge)) return '';
  switch (label) {
    case 'rate':
      return edge.requestsPerSecond != null ? rate(edge.requestsPerSecond) : edge.connectionsPerSecond != null ? `${rate(edge.connectionsPerSecond)} conn.` : '';
    case 'errors':
      return edge.errorRatio != null && edge.errorRatio > 0 ? percent(edge.errorRatio) : '';
    case 'p95': {
      const p95 = edge.clientLatencyMs?.p95 ?? edge.latencyMs?.p95;
      return p95 != null ? milliseconds(p95) : '';
    }
    case 'mtls':
      return edge.mtls.state === 'mixed' && edge.mtls.ratio != null ? percent(edge.mtls.ratio) : edge.mtls.state === 'mutual' ? '' : edge.mtls.state;
  }
}

/**
 * Text of the cluster on one line and in its own order: a canvas breaks lines at line feeds and turns text around at bidirectional
 * overrides, so that one name could pose as two or as another. A control character becomes its picture (␊), whatever else is
 * invisible or moves its neighbours becomes �.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, character => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** Made visible, and cut in the middle as Format.Middle does. */
export function middle(text: string, length: number): string {
  const seen = visible(text);
  const points = [...seen];
  if (points.length <= length) return seen;
  const head = Math.floor(length / 2);
  return `${points.slice(0, head).join('')}…${points.slice(points.length - (length - 1 - head)).join('')}`;
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
  const reason = node.reasons[0] ? `: ${middle(node.reasons[0], 120)}` : '';
  return `${nodeTitle(node)}, ${node.kind}${node.kind === 'namespace' ? '' : ` in ${middle(node.namespace, 40)}`}, ${healthWord[node.health]}${reason}. ${detail ? `${detail}. ` : ''}${inbound} in, ${outbound} out.`;
}
