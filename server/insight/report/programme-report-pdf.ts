import { formatFigure } from '../../contract/figure-words.ts';
import { drawTrend } from '../../pdf/charts.ts';
import {
  heading,
  keepTogether,
  makeReport,
  MARGIN,
  pair,
  paragraph,
  QUIET,
  table,
  TEXT,
  widthOf,
  type Pdf,
} from '../../pdf/report-document.ts';
import type { ProgrammeReport, ReportFigure } from './programme-report.ts';

/** A figure with its chart and its definition. */
const FIGURE_HEIGHT = 165;

/** The manager's report as PDF: the six numbers at a glance, then each with its course and what it is, then who is ready and what is due. */
export function programmeReportPdf(report: ProgrammeReport): Promise<Buffer> {
  return makeReport({ kind: 'Programme report', title: report.title }, (pdf) => {
    for (const [label, value] of report.facts) pair(pdf, label, value);
    heading(pdf, 'Six numbers');
    table(pdf, report.heads, report.rows);
    for (const figure of report.figures) writeFigure(pdf, figure);
    heading(pdf, 'Who may be on call');
    if (report.onCall.length === 0) paragraph(pdf, 'No service has rules of who may be on call for it.');
    else table(pdf, ['', 'Ready', 'Nearly', 'No longer'], report.onCall, 70);
    heading(pdf, 'What has to be shown or renewed');
    table(pdf, ['', 'Overdue', '30 days', '60 days', '90 days'], report.due, 62);
    paragraph(
      pdf,
      'Counted among those of these people whom the reader may look into. Names and evidence are in Drillhouse, for those with the right.',
      QUIET,
    );
  });
}

function writeFigure(pdf: Pdf, { title, sentence, standing, definition, points, target, unit }: ReportFigure): void {
  keepTogether(pdf, FIGURE_HEIGHT);
  pdf.moveDown(0.9);
  const top = pdf.y;
  pdf.font('bold').fontSize(11).fillColor(TEXT).text(title, MARGIN, top, { lineBreak: false });
  pdf
    .font('text')
    .fontSize(9)
    .fillColor(QUIET)
    .text(standing, MARGIN, top + 1.5, { width: widthOf(pdf), align: 'right' });
  pdf.y = top + 17;
  paragraph(pdf, sentence);
  if (points.some(({ value }) => value !== null))
    drawTrend(
      pdf,
      {
        points,
        target,
        format: (value) => formatFigure(value, unit, 'en-GB'),
        formatDay: (atMs) => new Date(atMs).toISOString().slice(0, 10),
      },
      { x: MARGIN, width: widthOf(pdf) },
    );
  paragraph(pdf, definition, QUIET);
}
