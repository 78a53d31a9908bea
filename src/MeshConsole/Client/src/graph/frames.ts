// The frames around what belongs together: clusters where there are several, namespaces, and apps of more than one workload. Pure, so
// that the canvas and the exported picture have the same.
import { type BoxKind, boxesOf } from './boxes';
import type { Rect } from './chips';

/** A node as it lies on the canvas. */
export interface Framed extends Rect {
  kind: string;
  cluster: string;
  namespace: string;
  app: string | null;
}

export interface Frame extends Rect {
  /** As the box is called where it is closed. */
  key: string;
  kind: BoxKind;
  /** Text of the cluster. */
  name: string;
}

/** Room between a frame and what is in it; above there is its name. */
const room: Record<BoxKind, { side: number; top: number }> = { cluster: { side: 18, top: 34 }, namespace: { side: 14, top: 30 }, app: { side: 8, top: 21 } };

/** From the outermost to the innermost. A closed box has no frame of its own: it is a node in that of the next. */
export function framesOf(nodes: readonly Framed[]): Frame[] {
  const inside = nodes.filter(node => node.namespace !== 'unknown' && node.kind !== 'cluster');
  const several = new Set(inside.map(node => node.cluster)).size > 1;
  const frames: Record<BoxKind, Map<string, { frame: Frame; members: number }>> = { cluster: new Map(), namespace: new Map(), app: new Map() };
  const around = (kind: BoxKind, what: Framed | Frame, box: { key: string; name: string }): void => {
    const { side, top } = room[kind];
    const [x1, y1, x2, y2] = [what.x1 - side, what.y1 - top, what.x2 + side, what.y2 + side];
    const found = frames[kind].get(box.key);
    if (!found) {
      frames[kind].set(box.key, { frame: { key: box.key, kind, name: box.name, x1, y1, x2, y2 }, members: 1 });
      return;
    }
    const { frame } = found;
    [frame.x1, frame.y1, frame.x2, frame.y2] = [Math.min(frame.x1, x1), Math.min(frame.y1, y1), Math.max(frame.x2, x2), Math.max(frame.y2, y2)];
    found.members++;
  };

  for (const node of inside) {
    const app = boxesOf(node).find(box => box.kind === 'app');
    if (app && node.kind !== 'namespace') around('app', node, app);
  }
  const apps = [...frames.app.values()].filter(({ members }) => members > 1).map(({ frame }) => frame);
  const byApp = new Map(apps.map(frame => [frame.key, frame]));
  for (const node of inside) {
    if (node.kind === 'namespace') continue;
    const [, namespace, app] = boxesOf(node);
    if (namespace) around('namespace', (app && byApp.get(app.key)) ?? node, namespace);
  }
  if (several) {
    for (const node of inside) {
      const [cluster, namespace] = boxesOf(node);
      if (cluster) around('cluster', (namespace && frames.namespace.get(namespace.key)?.frame) ?? node, cluster);
    }
  }
  return [...[...frames.cluster.values(), ...frames.namespace.values()].map(({ frame }) => frame), ...apps];
}
