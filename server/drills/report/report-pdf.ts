import { heading, item, makeReport, MARGIN, pair, paragraph, row, widthOf, type Pdf } from '../../pdf/report-document.ts';
import { drawBars } from '../../pdf/charts.ts';
import { clockText } from '../inject-moves.ts';
import { minutesText } from '../postmortem.ts';
import { HOT_WASH_WORDS, ITEM_WORDS, RATING_WORDS, type AfterAction } from './after-action.ts';
import { drawCourse } from './report-charts.ts';

/** A timeline of thousands of lines is no report; the Markdown has all of it. */
const MAX_ROWS = 400;

/** The after-action report as PDF, with its charts drawn as vectors. */
export function reportPdf(report: AfterAction): Promise<Buffer> {
  return makeReport({ kind: 'After-action report', title: report.title }, (pdf) => {
    write(pdf, report);
  });
}

function write(pdf: Pdf, report: AfterAction): void {
  const { review } = report;
  for (const [label, value] of report.facts) pair(pdf, label, value);
  pair(pdf, 'People', report.people.map(({ name, role }) => `${name} (${role})`).join(', '));

  heading(pdf, 'The course of it');
  drawCourse(pdf, report, { x: MARGIN, width: widthOf(pdf) });

  heading(pdf, 'Times');
  drawBars(
    pdf,
    review.times.map(({ title, ms }) => ({ label: title, value: ms ?? 0, words: ms === null ? 'not reached' : minutesText(ms) })),
    { x: MARGIN, width: widthOf(pdf) },
  );
  for (const { title, words } of review.times) pair(pdf, title, words);

  heading(pdf, `Status updates: ${review.statusMet} of ${review.status.length} rules kept`);
  for (const { met, words } of review.status) item(pdf, `${met ? 'Kept' : 'Missed'}: ${words}`);
  paragraph(pdf, `${review.answers.came} of ${review.answers.expected} expected answers came, ${review.answers.inTime} of them in time.`);

  heading(pdf, 'Objectives');
  for (const { title, rating, comments } of review.objectives) {
    item(
      pdf,
      `${title}: ${rating === null ? 'not rated' : RATING_WORDS[rating]}.${comments.length === 0 ? '' : ` ${comments.join(' / ')}`}`,
    );
  }

  heading(pdf, 'Communication, 0 to 3');
  drawBars(
    pdf,
    review.communication.map(({ item: name, mean }) => ({
      label: ITEM_WORDS[name],
      value: mean ?? 0,
      words: mean === null ? 'not rated' : String(mean),
    })),
    { x: MARGIN, width: widthOf(pdf), most: 3 },
  );

  for (const about of ['well', 'not-well', 'action'] as const) {
    heading(pdf, HOT_WASH_WORDS[about]);
    const said = review.hotWash.filter((entry) => entry.about === about);
    if (said.length === 0) paragraph(pdf, 'Nothing was noted.');
    for (const { text, owner } of said) item(pdf, `${text}${owner === '' ? '' : ` (owner: ${owner})`}`);
  }

  heading(pdf, 'Timeline');
  for (const entry of report.timeline.slice(0, MAX_ROWS)) {
    const who = entry.by === null ? '' : `${entry.by.name}: `;
    row(
      pdf,
      clockText(entry.atMs),
      `${entry.undone ? '(taken back) ' : ''}${who}${entry.words}${entry.detail === '' ? '' : `: ${entry.detail}`}`,
    );
  }
  if (report.timeline.length > MAX_ROWS) paragraph(pdf, `${report.timeline.length - MAX_ROWS} more entries are in the Markdown report.`);
}
