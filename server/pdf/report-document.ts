import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';

export type Pdf = PDFKit.PDFDocument;

/** A4 in points. */
export const MARGIN = 54;
export const TEXT = '#1a1f27';
export const QUIET = '#5a6472';
const RULE = '#d5dae1';
/** A row taller than this goes on to the next page. */
const MAX_ROW_HEIGHT = 300;

const require = createRequire(import.meta.url);
// DejaVu covers Latin, Greek and Cyrillic; PDF's own fonts would print other names than Western European ones as noise.
const fonts = {
  text: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
};

export interface ReportTitles {
  /** What kind of report it is, above its title. */
  readonly kind: string;
  readonly title: string;
}

/** A report of A4 pages with its title at the head and numbered feet; `write` fills it. */
export async function makeReport({ kind, title }: ReportTitles, write: (pdf: Pdf) => void): Promise<Buffer> {
  const pdf = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: { Title: `${kind}: ${title}`, Creator: 'Drillhouse' },
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
  pdf.font('bold').fontSize(20).fillColor(TEXT).text(kind);
  pdf.fontSize(15).text(title).moveDown(0.6);
  write(pdf);
  numberPages(pdf, title);
  pdf.end();
  return whole;
}

export function widthOf(pdf: Pdf): number {
  return pdf.page.width - 2 * MARGIN;
}

/** Begins a page where less than this is left. */
export function keepTogether(pdf: Pdf, height: number): void {
  if (pdf.y + height > pdf.page.height - MARGIN) pdf.addPage();
}

/** Never alone at the foot of a page. */
export function heading(pdf: Pdf, text: string): void {
  keepTogether(pdf, 90);
  pdf.x = MARGIN;
  pdf.moveDown(1).font('bold').fontSize(12).fillColor(TEXT).text(text).moveDown(0.3);
}

export function paragraph(pdf: Pdf, text: string, color = TEXT): void {
  pdf
    .font('text')
    .fontSize(9)
    .fillColor(color)
    .text(plain(text), MARGIN, pdf.y, { width: widthOf(pdf) })
    .moveDown(0.2);
}

export function item(pdf: Pdf, text: string): void {
  paragraph(pdf, `•  ${text}`);
}

export function pair(pdf: Pdf, label: string, value: string): void {
  row(pdf, label, value, 110);
}

export function row(pdf: Pdf, label: string, value: string, indent = 45): void {
  const width = widthOf(pdf) - indent;
  const text = plain(value);
  pdf.font('text').fontSize(9);
  keepTogether(pdf, Math.min(pdf.heightOfString(text, { width }), MAX_ROW_HEIGHT));
  const top = pdf.y;
  pdf.fillColor(QUIET).text(label, MARGIN, top, { width: indent - 6 });
  const below = pdf.y;
  pdf.fillColor(TEXT).text(text, MARGIN + indent, top, { width });
  pdf.y = Math.max(pdf.y, below);
  pdf.x = MARGIN;
  pdf.moveDown(0.15);
}

/** Columns of equal width after a first one that takes the rest; all but the first are numbers. The heads are said again on each page. */
export function table(pdf: Pdf, heads: readonly string[], rows: readonly (readonly string[])[], columnWidth = 58): void {
  const first = widthOf(pdf) - columnWidth * (heads.length - 1);
  const line = (cells: readonly string[], font: 'text' | 'bold', color: string): void => {
    pdf.font(font).fontSize(8.5).fillColor(color);
    const widths = cells.map((_, index) => (index === 0 ? first - 6 : columnWidth - 4));
    const height = Math.max(...cells.map((cell, index) => pdf.heightOfString(cell, { width: widths[index] ?? first })));
    const top = pdf.y;
    cells.forEach((cell, index) => {
      const x = index === 0 ? MARGIN : MARGIN + first + columnWidth * (index - 1) + 4;
      pdf.text(cell, x, top, { width: widths[index] ?? first, align: index === 0 ? 'left' : 'right' });
    });
    pdf.y = top + height + 3;
    pdf
      .moveTo(MARGIN, pdf.y)
      .lineTo(MARGIN + widthOf(pdf), pdf.y)
      .lineWidth(0.5)
      .stroke(RULE);
    pdf.y += 3;
    pdf.x = MARGIN;
  };
  line(heads, 'bold', QUIET);
  for (const cells of rows) {
    if (pdf.y > pdf.page.height - MARGIN - 24) {
      pdf.addPage();
      line(heads, 'bold', QUIET);
    }
    line(cells, 'text', TEXT);
  }
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
