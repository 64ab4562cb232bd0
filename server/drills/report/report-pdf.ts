import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { clockText } from '../inject-moves.ts';
import { minutesText } from '../postmortem.ts';
import { HOT_WASH_WORDS, ITEM_WORDS, RATING_WORDS, type AfterAction } from './after-action.ts';
import { drawBars, drawCourse } from './report-charts.ts';

type Pdf = PDFKit.PDFDocument;

/** A4 in points. */
const MARGIN = 54;
/** A timeline of thousands of lines is no report; the Markdown has all of it. */
const MAX_ROWS = 400;
const TEXT = '#1a1f27';
const QUIET = '#5a6472';

const require = createRequire(import.meta.url);
// DejaVu covers Latin, Greek and Cyrillic; PDF's own fonts would print other names than Western European ones as noise.
const fonts = {
  text: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
};

/** The after-action report as PDF, with its charts drawn as vectors. */
export async function reportPdf(report: AfterAction): Promise<Buffer> {
  const pdf = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: { Title: `After-action report: ${report.title}`, Creator: 'Drillhouse' },
  });
  const chunks: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    pdf.once('error', reject);
  });
  pdf.registerFont('text', fonts.text).registerFont('bold', fonts.bold);
  write(pdf, report);
  numberPages(pdf, report.title);
  pdf.end();
  return whole;
}

function write(pdf: Pdf, report: AfterAction): void {
  const { review } = report;
  pdf.font('bold').fontSize(20).fillColor(TEXT).text('After-action report');
  pdf.fontSize(15).text(report.title).moveDown(0.6);
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

function widthOf(pdf: Pdf): number {
  return pdf.page.width - 2 * MARGIN;
}

/** Never alone at the foot of a page. */
function heading(pdf: Pdf, text: string): void {
  if (pdf.y > pdf.page.height - MARGIN - 90) pdf.addPage();
  pdf.x = MARGIN;
  pdf.moveDown(1).font('bold').fontSize(12).fillColor(TEXT).text(text).moveDown(0.3);
}

function paragraph(pdf: Pdf, text: string): void {
  pdf
    .font('text')
    .fontSize(9)
    .fillColor(TEXT)
    .text(plain(text), MARGIN, pdf.y, { width: widthOf(pdf) })
    .moveDown(0.2);
}

function item(pdf: Pdf, text: string): void {
  paragraph(pdf, `•  ${text}`);
}

function pair(pdf: Pdf, label: string, value: string): void {
  row(pdf, label, value, 110);
}

function row(pdf: Pdf, label: string, value: string, indent = 45): void {
  const width = widthOf(pdf) - indent;
  const text = plain(value);
  pdf.font('text').fontSize(9);
  const height = Math.min(pdf.heightOfString(text, { width }), 300);
  if (pdf.y + height > pdf.page.height - MARGIN) pdf.addPage();
  const top = pdf.y;
  pdf.fillColor(QUIET).text(label, MARGIN, top, { width: indent - 6 });
  const below = pdf.y;
  pdf.fillColor(TEXT).text(text, MARGIN + indent, top, { width });
  pdf.y = Math.max(pdf.y, below);
  pdf.x = MARGIN;
  pdf.moveDown(0.15);
}

/** Markdown reads well enough as it is, on one line. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function numberPages(pdf: Pdf, title: string): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let index = 0; index < count; index += 1) {
    pdf.switchToPage(start + index);
    // Below the margin, where text would else begin a new page.
    pdf.page.margins.bottom = 0;
    pdf
      .font('text')
      .fontSize(8)
      .fillColor(QUIET)
      .text(`${title} · ${index + 1} of ${count}`, MARGIN, pdf.page.height - 36, {
        width: widthOf(pdf),
        align: 'center',
        lineBreak: false,
      });
  }
}
