// Draws the lines of large graphs off the page's main thread, which would be held up for a tenth of a second at every move of the view.
import { drawLines, type LineSet, type Sight } from './graph/lines';

export interface LineJob {
  /** Absent: those of the job before. */
  lines?: LineSet;
  sight: Sight;
  ratio: number;
}

export interface LinePicture {
  sight: Sight;
  picture: ImageBitmap;
}

let lines: LineSet | null = null;
let canvas: OffscreenCanvas | null = null;

self.addEventListener('message', ({ data }: MessageEvent<LineJob>) => {
  lines = data.lines ?? lines;
  const [width, height] = [Math.max(1, Math.round(data.sight.width * data.ratio)), Math.max(1, Math.round(data.sight.height * data.ratio))];
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context && lines) drawLines(context, lines, data.sight, data.ratio);
  const answer: LinePicture = { sight: data.sight, picture: canvas.transferToImageBitmap() };
  self.postMessage(answer, { transfer: [answer.picture] });
});
