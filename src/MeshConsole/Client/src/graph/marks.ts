// What of a graph is not drawn, stands out or stands back: pure and by id, since of many edges the canvas holds only a few.
import { isIdle } from './appearance';
import type { Graph } from './graph';

export interface Wanted {
  /** A node or an edge as it is drawn. */
  selected: string | null;
  /** Ids of nodes and keys of edges; null when nothing is looked for. */
  found: readonly string[] | null;
  /** The same of what is not drawn. */
  hidden: readonly string[] | null;
  hideIdle: boolean;
}

export interface Marks {
  selected: string | null;
  hidden: ReadonlySet<string>;
  found: ReadonlySet<string>;
  faded: ReadonlySet<string>;
  /** Edges of what is selected. */
  near: ReadonlySet<string>;
}

export const noMarks: Marks = { selected: null, hidden: new Set(), found: new Set(), faded: new Set(), near: new Set() };

export function marksOf(graph: Pick<Graph, 'nodes' | 'edges'>, { selected, found, hidden, hideIdle }: Wanted): Marks {
  const chosen = selected !== null && (graph.nodes.has(selected) || graph.edges.has(selected)) ? selected : null;
  const away = hiddenOf(graph, hidden, hideIdle);
  // Who follows a link to something must see it.
  if (chosen !== null) away.delete(chosen);
  const near = found === null ? nearOf(graph, chosen) : { nodes: new Set<string>(), edges: new Set<string>() };
  const matching = new Set(found?.filter(id => graph.nodes.has(id) || graph.edges.has(id)));
  const bright = found !== null ? brightOf(graph, matching) : chosen !== null ? new Set([...near.nodes, ...near.edges]) : null;
  const faded = bright === null ? new Set<string>() : new Set([...graph.nodes.keys(), ...graph.edges.keys()].filter(id => !bright.has(id)));
  return { selected: chosen, hidden: away, found: matching, faded, near: near.edges };
}

/** A hidden node takes its edges with it; without idle edges, nodes that have no other go too. */
function hiddenOf({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>, hidden: readonly string[] | null, hideIdle: boolean): Set<string> {
  const away = new Set(hidden);
  if (hidden !== null) {
    for (const [key, edge] of edges) if (away.has(edge.source) || away.has(edge.target)) away.add(key);
  }
  if (hideIdle) {
    const busy = new Set<string>();
    for (const [key, edge] of edges) {
      if (isIdle(edge)) away.add(key);
      else if (!away.has(key)) busy.add(edge.source).add(edge.target);
    }
    for (const id of nodes.keys()) if (!busy.has(id)) away.add(id);
  }
  return away;
}

/** A node with its edges and who is at their other ends, or an edge with its ends. */
function nearOf({ edges }: Pick<Graph, 'edges'>, selected: string | null): { nodes: Set<string>; edges: Set<string> } {
  const near = { nodes: new Set<string>(), edges: new Set<string>() };
  if (selected === null) return near;
  const own = edges.get(selected);
  if (own) {
    near.edges.add(selected);
    near.nodes.add(own.source).add(own.target);
    return near;
  }
  near.nodes.add(selected);
  for (const [key, { source, target }] of edges) {
    if (source !== selected && target !== selected) continue;
    near.edges.add(key);
    near.nodes.add(source).add(target);
  }
  return near;
}

/** A found edge brings its ends with it, found nodes what lies between them. */
function brightOf({ edges }: Pick<Graph, 'edges'>, matching: ReadonlySet<string>): Set<string> {
  const bright = new Set(matching);
  for (const [key, { source, target }] of edges) {
    if (matching.has(key)) bright.add(source).add(target);
    else if (matching.has(source) && matching.has(target)) bright.add(key);
  }
  return bright;
}
