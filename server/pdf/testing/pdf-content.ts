import { inflateSync } from 'node:zlib';

/** Glyphs are numbered by the font, so text is not readable in a PDF; pages and drawing are. */
export function contentOf(pdf: Buffer): { readonly pages: number; readonly drawing: string } {
  const text = pdf.toString('latin1');
  const streams = [...text.matchAll(/stream\n([\s\S]*?)\nendstream/g)].map(([, body = '']) => {
    try {
      return inflateSync(Buffer.from(body, 'latin1')).toString('latin1');
    } catch {
      return '';
    }
  });
  return { pages: [...text.matchAll(/\/Type \/Page\n/g)].length, drawing: streams.join('\n') };
}
