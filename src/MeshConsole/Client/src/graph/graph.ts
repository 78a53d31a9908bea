// The topology as the browser holds it: a pure fold over the hub's messages.
import { edgeKey, type TopologyEdge, type TopologyMessage, type TopologyNode } from './types';

export interface GraphChange {
  /** Everything was replaced. */
  whole: boolean;
  added: TopologyNode[];
  changed: TopologyNode[];
  removed: string[];
  addedEdges: TopologyEdge[];
  changedEdges: TopologyEdge[];
  removedEdges: string[];
}

export class Graph {
  readonly nodes = new Map<string, TopologyNode>();
  readonly edges = new Map<string, TopologyEdge>();
  revision = 0;
  observedAt = '';

  /**
   * Takes a message in and says what to redraw; null when nothing looks different. A whole topology after the first one
   * (the stream was started again) is compared with what is held, so that what stayed does not move.
   */
  apply(message: TopologyMessage): GraphChange | null {
    this.revision = message.revision;
    this.observedAt = message.observedAt;
    if (message.topology) return this.#replace(message.topology.nodes, message.topology.edges);
    if (!message.delta) return null;

    const delta = message.delta;
    // An edge without both ends cannot be drawn; it comes with its node or not at all.
    for (const id of delta.removedEdges) this.edges.delete(id);
    for (const id of delta.removedNodes) this.nodes.delete(id);
    for (const node of [...delta.addedNodes, ...delta.changedNodes]) this.nodes.set(node.id, node);
    const drawable = (edge: TopologyEdge) => this.nodes.has(edge.source) && this.nodes.has(edge.target);
    const addedEdges = delta.addedEdges.filter(drawable);
    const changedEdges = delta.changedEdges.filter(drawable);
    for (const edge of [...addedEdges, ...changedEdges]) this.edges.set(edgeKey(edge), edge);
    const orphans: string[] = [];
    if (delta.removedNodes.length > 0) {
      for (const [key, edge] of this.edges) {
        if (!drawable(edge)) {
          this.edges.delete(key);
          orphans.push(key);
        }
      }
    }
    return {
      whole: false,
      added: delta.addedNodes,
      changed: delta.changedNodes,
      removed: delta.removedNodes,
      addedEdges,
      changedEdges,
      removedEdges: [...delta.removedEdges, ...orphans],
    };
  }

  #replace(nodes: TopologyNode[], edges: TopologyEdge[]): GraphChange {
    const first = this.nodes.size === 0;
    const oldNodes = new Set(this.nodes.keys());
    const oldEdges = new Set(this.edges.keys());
    this.nodes.clear();
    this.edges.clear();
    for (const node of nodes) this.nodes.set(node.id, node);
    for (const edge of edges) {
      if (this.nodes.has(edge.source) && this.nodes.has(edge.target)) this.edges.set(edgeKey(edge), edge);
    }
    const kept = [...this.edges.values()];
    return {
      whole: first,
      added: nodes.filter(node => !oldNodes.has(node.id)),
      changed: nodes.filter(node => oldNodes.has(node.id)),
      removed: [...oldNodes].filter(id => !this.nodes.has(id)),
      addedEdges: kept.filter(edge => !oldEdges.has(edgeKey(edge))),
      changedEdges: kept.filter(edge => oldEdges.has(edgeKey(edge))),
      removedEdges: [...oldEdges].filter(key => !this.edges.has(key)),
    };
  }

  /** The ids at the other ends of a node's edges. */
  neighbours(id: string): string[] {
    const found = new Set<string>();
    for (const edge of this.edges.values()) {
      if (edge.source === id && edge.target !== id) found.add(edge.target);
      else if (edge.target === id && edge.source !== id) found.add(edge.source);
    }
    return [...found];
  }
}
