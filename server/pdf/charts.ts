import { QUIET, TEXT, type Pdf } from './report-document.ts';

export interface Place {
  readonly x: number;
  readonly width: number;
}

export const ACCENT = '#364fc7';
export const TRACK = '#edf0f4';
export const LABEL_WIDTH = 120;
export const BAR_HEIGHT = 9;
export const ROW_HEIGHT = 17;
const WORDS_WIDTH = 80;
const TREND_HEIGHT = 74;
const AXIS_WIDTH = 46;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly words: string;
}

/** One bar a line on one scale, its words at its end. `most`: the whole width; absent: the longest. Moves below what it drew. */
export function drawBars(pdf: Pdf, bars: readonly Bar[], { x, width, most }: Place & { readonly most?: number }): void {
  const scale = most ?? Math.max(1, ...bars.map(({ value }) => value));
  const track = width - LABEL_WIDTH - WORDS_WIDTH;
  bars.forEach(({ label, value, words }) => {
    const top = pdf.y;
    pdf.font('text').fontSize(9).fillColor(TEXT).text(label, x, top, { width: LABEL_WIDTH, lineBreak: false });
    pdf.rect(x + LABEL_WIDTH, top + 1, track, BAR_HEIGHT).fill(TRACK);
    if (value > 0) pdf.rect(x + LABEL_WIDTH, top + 1, Math.min(1, value / scale) * track, BAR_HEIGHT).fill(ACCENT);
    pdf.fillColor(TEXT).text(words, x + width - WORDS_WIDTH + 6, top, { width: WORDS_WIDTH - 6, lineBreak: false });
    pdf.y = top + ROW_HEIGHT;
  });
  pdf.x = x;
  pdf.moveDown(0.3);
}

export interface Trend {
  /** In the order of time, at least two; null where nothing is known. */
  readonly points: readonly { readonly atMs: number; readonly value: number | null }[];
  readonly target: number;
  readonly format: (value: number) => string;
  readonly formatDay: (atMs: number) => string;
}

/** A line over time from zero on, and the aim dashed across it. Lines that are broken are not joined over what is not known. Moves below. */
export function drawTrend(pdf: Pdf, { points, target, format, formatDay }: Trend, { x, width }: Place): void {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return;
  const top = pdf.y + 4;
  const left = x + AXIS_WIDTH;
  const track = width - AXIS_WIDTH - 4;
  const most = Math.max(target, ...points.map(({ value }) => value ?? 0)) * 1.1 || 1;
  const at = (atMs: number): number => left + ((atMs - first.atMs) / (last.atMs - first.atMs)) * track;
  const height = (value: number): number => top + TREND_HEIGHT - (value / most) * TREND_HEIGHT;
  const label = (text: string, labelX: number, y: number, labelWidth: number, align: 'left' | 'right'): void => {
    pdf.font('text').fontSize(7.5).fillColor(QUIET).text(text, labelX, y, { width: labelWidth, align, lineBreak: false });
  };
  pdf.rect(left, top, track, TREND_HEIGHT).fill('#f7f8fa');
  pdf
    .moveTo(left, height(target))
    .lineTo(left + track, height(target))
    .lineWidth(0.9)
    .dash(3, { space: 3 })
    .stroke(QUIET)
    .undash();
  // Where the aim is close to the bottom its label would stand on the zero.
  if (height(target) < top + TREND_HEIGHT - 12) label('0', x, top + TREND_HEIGHT - 8, AXIS_WIDTH - 6, 'right');
  label(format(target), x, height(target) - 4, AXIS_WIDTH - 6, 'right');
  let isDrawing = false;
  for (const { atMs, value } of points) {
    if (value !== null && isDrawing) pdf.lineTo(at(atMs), height(value));
    else if (value !== null) pdf.moveTo(at(atMs), height(value));
    isDrawing = value !== null;
  }
  pdf.lineWidth(1.4).stroke(ACCENT);
  for (const { atMs, value } of points) if (value !== null) pdf.circle(at(atMs), height(value), 1.7).fill(ACCENT);
  label(formatDay(first.atMs), left, top + TREND_HEIGHT + 4, track / 2, 'left');
  label(formatDay(last.atMs), left + track / 2, top + TREND_HEIGHT + 4, track / 2, 'right');
  pdf.x = x;
  pdf.y = top + TREND_HEIGHT + 17;
}
