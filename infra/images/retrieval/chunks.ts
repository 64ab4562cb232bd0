export interface Chunk {
  readonly path: string;
  /** The headings that it stands under, outermost first. */
  readonly heading: string;
  readonly text: string;
}

/** About 200 tokens: long enough to hold a statement with what it is about, short enough that a few of them fit any model's context. */
const MAX_CHARACTERS = 800;

/** Cuts Markdown at its headings, and what stands between two of them at paragraphs where it is too long. */
export function chunkMarkdown(path: string, text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const headings: string[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    for (const part of splitLong(lines.join('\n').trim()))
      chunks.push({ path, heading: headings.filter((one) => one !== '').join(' > '), text: part });
    lines = [];
  };
  let isCode = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
    const heading = isCode ? null : /^(#{1,6})\s+(.+?)\s*#*$/.exec(line);
    if (heading === null) {
      lines.push(line);
      continue;
    }
    flush();
    const [, marks = '#', title = ''] = heading;
    while (headings.length < marks.length - 1) headings.push('');
    headings.splice(marks.length - 1, Infinity, title);
  }
  flush();
  return chunks;
}

function splitLong(text: string): readonly string[] {
  const parts: string[] = [];
  for (const piece of text.split(/\n\s*\n/).flatMap(cutWords)) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + piece.length + 2 <= MAX_CHARACTERS) parts[parts.length - 1] = `${last}\n\n${piece}`;
    else if (piece.trim() !== '') parts.push(piece.trim());
  }
  return parts;
}

/** A paragraph that is too long by itself, cut between words. */
function cutWords(paragraph: string): readonly string[] {
  if (paragraph.length <= MAX_CHARACTERS) return [paragraph];
  const cut = paragraph.lastIndexOf(' ', MAX_CHARACTERS);
  const at = cut <= 0 ? MAX_CHARACTERS : cut;
  return [paragraph.slice(0, at), ...cutWords(paragraph.slice(at).trimStart())];
}
