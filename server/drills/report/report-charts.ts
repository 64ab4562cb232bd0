import { ACCENT, BAR_HEIGHT, LABEL_WIDTH, ROW_HEIGHT, TRACK, type Place } from '../../pdf/charts.ts';
import { QUIET, TEXT, type Pdf } from '../../pdf/report-document.ts';
import type { AfterAction } from './after-action.ts';

const UP = '#2b8a3e';
const DOWN = '#c92a2a';

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
