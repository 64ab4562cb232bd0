import type { AfterAction } from './after-action.ts';

type Pdf = PDFKit.PDFDocument;

interface Place {
  readonly x: number;
  readonly width: number;
}

const ACCENT = '#364fc7';
const UP = '#2b8a3e';
const DOWN = '#c92a2a';
const TRACK = '#edf0f4';
const TEXT = '#1a1f27';
const QUIET = '#5a6472';
const LABEL_WIDTH = 120;
const WORDS_WIDTH = 80;
const BAR_HEIGHT = 9;
const ROW_HEIGHT = 17;

export interface Bar {
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

/** Scenario time from left to right: how the service was seen, and what came and was said when. Moves below what it drew. */
export function drawCourse(pdf: Pdf, { service, marks, lengthMs }: AfterAction, { x, width }: Place): void {
  const top = pdf.y;
  const left = x + LABEL_WIDTH;
  const track = width - LABEL_WIDTH;
  const at = (ms: number): number => left + (Math.min(ms, lengthMs) / lengthMs) * track;
  const label = (text: string, line: number): void => {
    pdf
      .font('text')
      .fontSize(9)
      .fillColor(TEXT)
      .text(text, x, top + line * ROW_HEIGHT, { width: LABEL_WIDTH, lineBreak: false });
  };
  label('Service from outside', 0);
  pdf.rect(left, top + 1, track, BAR_HEIGHT).fill(TRACK);
  for (const { fromMs, toMs, isUp } of service) {
    // What failed is lower as well as red, so that it is seen on a printer without colours.
    const height = isUp ? BAR_HEIGHT : BAR_HEIGHT / 2;
    pdf.rect(at(fromMs), top + 1 + (BAR_HEIGHT - height), Math.max(0.8, at(toMs) - at(fromMs)), height).fill(isUp ? UP : DOWN);
  }
  (['inject', 'status', 'hypothesis'] as const).forEach((kind, index) => {
    const line = index + 1;
    label({ inject: 'Injects', status: 'Status updates', hypothesis: 'Hypotheses' }[kind], line);
    const middle = top + line * ROW_HEIGHT + BAR_HEIGHT / 2 + 1;
    pdf
      .moveTo(left, middle)
      .lineTo(left + track, middle)
      .lineWidth(0.5)
      .stroke(TRACK);
    for (const mark of marks) if (mark.kind === kind) pdf.circle(at(mark.atMs), middle, 2.6).fill(ACCENT);
  });
  const axis = top + 4 * ROW_HEIGHT;
  for (const minute of ticksOf(lengthMs)) {
    pdf
      .moveTo(at(minute * 60_000), axis - 3)
      .lineTo(at(minute * 60_000), axis)
      .lineWidth(0.5)
      .stroke(QUIET);
    pdf
      .font('text')
      .fontSize(7.5)
      .fillColor(QUIET)
      .text(`${minute}`, at(minute * 60_000) - 10, axis + 2, { width: 20, align: 'center', lineBreak: false });
  }
  pdf.text('minutes of scenario time', left, axis + 13, { width: track, align: 'right', lineBreak: false });
  pdf.x = x;
  pdf.y = axis + 26;
}

/** Round minutes, at most about ten of them. Pure. */
export function ticksOf(lengthMs: number): readonly number[] {
  const minutes = lengthMs / 60_000;
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 240].find((candidate) => minutes / candidate <= 10) ?? 480;
  return Array.from({ length: Math.floor(minutes / step) + 1 }, (_, index) => index * step);
}
