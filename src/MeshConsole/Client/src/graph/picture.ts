// The graph as a picture in a file: the same boxes, lines and words as on the canvas, as SVG. Pure, so that it is tested without one.
import { badgesAsSvg } from './badges';
import { middle } from './appearance';
import { placeChips, type Rect } from './chips';
import { type Frame, framesOf } from './frames';
import { healthColour, type Palette } from './palette';
import type { Badge, Health, MtlsState, Point } from './types';

export interface PictureNode {
  at: Point;
  width: number;
  height: number;
  kind: string;
  cluster: string;
  namespace: string;
  app: string | null;
  health: Health;
  title: string;
  detail: string;
  badges: Badge[];
}

export interface PictureEdge {
  /** Caller and callee in words. */
  name: string;
  /** A call to itself: its words stand at the top of its arc, for along it there is no room. */
  loop: boolean;
  from: Point;
  through: Point;
  to: Point;
  width: number;
  stroke: 'solid' | 'dashed' | 'dotted';
  health: Health;
  mtls: MtlsState;
  label: string[];
}

export interface Picture {
  title: string;
  nodes: PictureNode[];
  edges: PictureEdge[];
  /** Whether what belongs together has a frame around it. */
  boxes: boolean;
}

const margin = 40;
const header = 34;

/** Breadth of a letter of the words at edges, about: a file knows no font to measure. */
const letter = 5.9;

/** Text of the cluster as text of a document: no character of it is markup, and none is illegal in XML. */
export function escape(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

export function svgOf(picture: Picture, palette: Palette): { svg: string; width: number; height: number } {
  const frames = picture.boxes ? framesOf(picture.nodes.map(node => ({ ...node, ...rectOf(node) }))) : [];
  const xs = [...picture.nodes.flatMap(n => [n.at.x - n.width / 2, n.at.x + n.width / 2]), ...frames.flatMap(f => [f.x1, f.x2]), ...picture.edges.map(e => e.through.x)];
  const ys = [...picture.nodes.flatMap(n => [n.at.y - n.height / 2, n.at.y + n.height / 2]), ...frames.flatMap(f => [f.y1, f.y2]), ...picture.edges.map(e => e.through.y)];
  const [left, top] = [least(xs) - margin, least(ys) - margin - header];
  const [width, height] = [Math.max(1, Math.round(most(xs) - left + margin)), Math.max(1, Math.round(most(ys) - top + margin))];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${round(left)} ${round(top)} ${width} ${height}" font-family="${escape(palette.font)}">`,
    `<title>${escape(picture.title)}</title>`,
    `<rect x="${round(left)}" y="${round(top)}" width="${width}" height="${height}" fill="${escape(palette.page)}"/>`,
    `<text x="${round(left + margin)}" y="${round(top + margin)}" font-size="14" font-weight="600" fill="${escape(palette.text)}">${escape(picture.title)}</text>`,
    ...frames.map(frame => `<rect x="${round(frame.x1)}" y="${round(frame.y1)}" width="${round(frame.x2 - frame.x1)}" height="${round(frame.y2 - frame.y1)}" rx="6" fill="${frame.kind === 'namespace' ? escape(palette.surface) : 'none'}" fill-opacity="0.6" stroke="${escape(frame.kind === 'namespace' ? palette.boxLine : palette.lineStrong)}"${frame.kind === 'app' ? ' stroke-dasharray="4 3"' : ''}/>` +
      `<text x="${round(frame.x1 + (frame.kind === 'app' ? 8 : 10))}" y="${round(frame.y1 + (frame.kind === 'app' ? 14 : 18))}" font-size="${frame.kind === 'app' ? 10.5 : 12}" font-weight="600" fill="${escape(palette.quiet)}">${escape(middle(frame.name, 32))}</text>`),
    ...picture.edges.map(edge => edgeOf(edge, palette)),
    ...picture.nodes.map(node => nodeOf(node, palette)),
    ...labelsOf(picture, frames, palette),
    '</svg>',
  ];
  return { svg: parts.join('\n'), width, height };
}

function edgeOf(edge: PictureEdge, palette: Palette): string {
  const colour = edge.health === 'failing' || edge.health === 'degraded' ? healthColour(edge.health, palette) : edge.stroke === 'dotted' ? palette.idle : edge.health === 'healthy' ? palette.calm : palette.lineStrong;
  // The point half-way lies on the curve; its control point is as far again from the straight line.
  const control = { x: 2 * edge.through.x - (edge.from.x + edge.to.x) / 2, y: 2 * edge.through.y - (edge.from.y + edge.to.y) / 2 };
  const length = Math.hypot(edge.to.x - control.x, edge.to.y - control.y) || 1;
  const [ux, uy] = [(edge.to.x - control.x) / length, (edge.to.y - control.y) / length];
  const size = 6 + edge.width;
  const base = { x: edge.to.x - ux * size, y: edge.to.y - uy * size };
  const dash = edge.stroke === 'dashed' ? ' stroke-dasharray="7 4"' : edge.stroke === 'dotted' ? ' stroke-dasharray="1.5 3"' : '';
  // What has no room beside its edge is still told to who points at it.
  return `<g><title>${escape(`${edge.name}: ${wordsOf(edge) || 'idle'}`)}</title><path d="M${point(edge.from)}Q${point(control)} ${point(base)}" fill="none" stroke="${escape(colour)}" stroke-width="${edge.width}"${dash}/>` +
    `<path d="M${point(edge.to)}L${point({ x: base.x - uy * size * 0.5, y: base.y + ux * size * 0.5 })}L${point({ x: base.x + uy * size * 0.5, y: base.y - ux * size * 0.5 })}z" fill="${escape(colour)}"/></g>`;
}

function wordsOf(edge: PictureEdge): string {
  return [...edge.label, edge.mtls === 'plaintext' || edge.mtls === 'mixed' ? edge.mtls : ''].filter(Boolean).join(' · ');
}

/** Words at edges where there is room for them, as on the canvas: what warns first. */
function labelsOf({ nodes, edges }: Picture, frames: readonly Frame[], palette: Palette): string[] {
  const names = frames.map(({ name, x1, y1 }) => ({ x1, y1, x2: x1 + 12 + [...middle(name, 32)].length * 7.3, y2: y1 + 22 }));
  const rects = [...nodes.map(rectOf), ...names];
  const worded = edges.map(edge => ({ edge, words: wordsOf(edge) })).filter(({ words }) => words !== '');
  const places = placeChips(worded.map(({ edge, words }, index) => ({
    key: String(index), ...(edge.loop ? { from: { x: edge.through.x, y: edge.through.y - 30 }, through: edge.through, to: { x: edge.through.x, y: edge.through.y + 30 } } : { from: edge.from, through: edge.through, to: edge.to }), width: [...words].length * letter, height: 14,
    priority: edge.width + (edge.mtls === 'plaintext' || edge.mtls === 'mixed' || edge.health === 'failing' || edge.health === 'degraded' ? 1e6 : 0),
  })), rects);
  return worded.flatMap(({ edge, words }, index) => {
    const at = places.get(String(index));
    return at ? [`<text x="${round(at.x)}" y="${round(at.y + 3.5)}" font-size="10.5" text-anchor="middle" fill="${escape(edge.mtls === 'plaintext' ? palette.bad : palette.text)}" stroke="${escape(palette.page)}" stroke-width="3" paint-order="stroke">${escape(words)}</text>`] : [];
  });
}

function nodeOf(node: PictureNode, palette: Palette): string {
  const [x, y] = [node.at.x - node.width / 2, node.at.y - node.height / 2];
  const trouble = node.health === 'failing' || node.health === 'degraded';
  const colour = healthColour(node.health, palette);
  const outside = node.kind === 'external' || node.kind === 'unknown';
  const mark = { x: x + 16, y: node.at.y };
  // The same shapes as on the page: health is never told by colour alone.
  const shape = {
    healthy: `<circle cx="${round(mark.x)}" cy="${round(mark.y)}" r="4.5" fill="${escape(colour)}"/>`,
    degraded: `<path d="M${round(mark.x)} ${round(mark.y - 5)}l5.2 9.4h-10.4z" fill="${escape(colour)}"/>`,
    failing: `<rect x="${round(mark.x - 4.5)}" y="${round(mark.y - 4.5)}" width="9" height="9" fill="${escape(colour)}"/>`,
    idle: `<circle cx="${round(mark.x)}" cy="${round(mark.y)}" r="4" fill="none" stroke="${escape(colour)}" stroke-width="1.5"/>`,
    unknown: `<rect x="${round(mark.x - 4.5)}" y="${round(mark.y - 4.5)}" width="9" height="9" fill="none" stroke="${escape(colour)}" stroke-dasharray="2 1.4"/>`,
  }[node.health];
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(node.width)}" height="${round(node.height)}" rx="${node.kind === 'operation' ? round(node.height / 2) : 4}" fill="${escape(outside ? palette.page : palette.surface)}" stroke="${escape(trouble ? colour : palette.lineStrong)}" stroke-width="${trouble ? 2 : 1.2}"${outside ? ' stroke-dasharray="4 3"' : ''}/>${shape}` +
    `<text x="${round(x + 28)}" y="${round(node.detail ? node.at.y - 3.5 : node.at.y + 4.5)}" font-size="12.5" fill="${escape(palette.text)}">${escape(node.title)}</text>` +
    (node.detail ? `<text x="${round(x + 28)}" y="${round(node.at.y + 12.5)}" font-size="11.5" fill="${escape(palette.quiet)}">${escape(node.detail)}</text>` : '') +
    badgesAsSvg(round(x + node.width - 8), round(y), node.badges, palette, escape);
}

/** From, half-way and end of a call to itself: an arc over the node. */
export function loopOf(at: Point, width: number, height: number): [from: Point, through: Point, to: Point] {
  const top = at.y - height / 2;
  return [{ x: at.x + width / 5, y: top }, { x: at.x, y: top - 26 }, { x: at.x - width / 5, y: top }];
}

function rectOf({ at, width, height }: PictureNode): Rect {
  return { x1: at.x - width / 2, y1: at.y - height / 2, x2: at.x + width / 2, y2: at.y + height / 2 };
}

// Math.min(...) of ten thousand numbers overflows the stack.
const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b), values[0] ?? 0);
const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), values[0] ?? 0);
const round = (value: number): number => Math.round(value * 10) / 10;
const point = (at: Point): string => `${round(at.x)} ${round(at.y)}`;
