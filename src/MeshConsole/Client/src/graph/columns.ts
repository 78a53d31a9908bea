// Arranges the boxes of namespaces: callers at the left, in columns that fill the picture's shape. A layered layout of boxes would
// be one long row, in which no name could be read.

export interface Box {
  key: string;
  width: number;
  height: number;
}

export interface Flow {
  source: string;
  target: string;
  weight: number;
}

/**
 * How far down the calls a box is: boxes that only call are 0, each other one is one further than its callers on the average. Cycles
 * settle by repetition. A box that neither calls nor is called has no level.
 */
export function levels(keys: readonly string[], flows: readonly Flow[]): Map<string, number | null> {
  const callers = new Map<string, Flow[]>();
  const touched = new Set<string>();
  for (const flow of flows) {
    if (flow.source === flow.target) continue;
    touched.add(flow.source).add(flow.target);
    const list = callers.get(flow.target);
    if (list) list.push(flow);
    else callers.set(flow.target, [flow]);
  }
  const level = new Map<string, number>(keys.map(key => [key, 0]));
  for (let round = 0; round < 40; round++) {
    for (const key of keys) {
      const inbound = callers.get(key);
      if (!inbound) continue;
      const weight = inbound.reduce((sum, flow) => sum + flow.weight, 0);
      const mean = inbound.reduce((sum, flow) => sum + flow.weight * (level.get(flow.source) ?? 0), 0) / weight;
      // A cycle would climb for ever; the number of boxes bounds it, half-way steps calm it.
      level.set(key, Math.min(keys.length, ((level.get(key) ?? 0) + 1 + mean) / 2));
    }
  }
  return new Map(keys.map(key => [key, touched.has(key) ? (level.get(key) ?? 0) : null]));
}

/**
 * Top left corners of all boxes. The order is by level; boxes without one come last. Of all ways to break the order into columns the
 * one is taken that can be shown largest in a picture of this shape.
 * @param aspect width ÷ height of the picture.
 */
export function columns(boxes: readonly Box[], flows: readonly Flow[], aspect: number, gap: { x: number; y: number }): Map<string, { x: number; y: number }> {
  const level = levels(boxes.map(box => box.key), flows);
  const ordered = [...boxes].sort((a, b) => (level.get(a.key) ?? Infinity) - (level.get(b.key) ?? Infinity) || (a.key < b.key ? -1 : 1));
  const total = ordered.reduce((sum, box) => sum + box.height + gap.y, 0);
  const tallest = Math.max(0, ...ordered.map(box => box.height));

  let best: Box[][] = [];
  let bestCost = Infinity;
  for (let step = 0; step <= 120; step++) {
    const limit = tallest + ((total - tallest) * step) / 120;
    const split = fill(ordered, limit, gap.y);
    const width = split.reduce((sum, column) => sum + widthOf(column) + gap.x, -gap.x);
    const height = Math.max(...split.map(column => heightOf(column, gap.y)));
    // The size of the picture that holds it, measured by its height.
    const cost = Math.max(width / aspect, height);
    if (cost < bestCost - 0.5) [best, bestCost] = [split, cost];
  }

  const places = new Map<string, { x: number; y: number }>();
  const height = Math.max(0, ...best.map(column => heightOf(column, gap.y)));
  let x = 0;
  for (const column of best) {
    const width = widthOf(column);
    let y = (height - heightOf(column, gap.y)) / 2;
    for (const box of column) {
      places.set(box.key, { x: x + (width - box.width) / 2, y });
      y += box.height + gap.y;
    }
    x += width + gap.x;
  }
  return places;
}

function fill(ordered: readonly Box[], limit: number, gap: number): Box[][] {
  const split: Box[][] = [];
  let column: Box[] = [];
  for (const box of ordered) {
    if (column.length > 0 && heightOf(column, gap) + gap + box.height > limit) {
      split.push(column);
      column = [];
    }
    column.push(box);
  }
  split.push(column);
  return split;
}

function widthOf(column: readonly Box[]): number {
  return Math.max(0, ...column.map(box => box.width));
}

function heightOf(column: readonly Box[], gap: number): number {
  return column.reduce((sum, box) => sum + box.height + gap, -gap);
}
