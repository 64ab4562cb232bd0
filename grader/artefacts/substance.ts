const word = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu;
/** Of a text that says something, at least every third word is new. */
const WORDS_PER_DISTINCT = 3;

/**
 * How many words somebody added: lines of the template and headings count for nothing, and a few words over and over count as few. Pure.
 */
export function countSubstance(text: string, template = ''): number {
  const given = new Set(template.split('\n').map(normalise));
  const own = text.split('\n').filter((line) => !given.has(normalise(line)) && !/^\s*#{1,6}\s/.test(line));
  const words = own.flatMap((line) => line.toLowerCase().match(word) ?? []);
  return Math.min(words.length, WORDS_PER_DISTINCT * new Set(words).size);
}

/** The text below a heading, up to the next of its level or above; undefined when there is no such heading. Headings in code are none. Pure. */
export function sectionOf(markdown: string, title: string): string | undefined {
  const found: string[] = [];
  let level = 0;
  let inCode = false;
  for (const line of markdown.split('\n')) {
    if (/^\s*(```|~~~)/.test(line)) inCode = !inCode;
    const heading = inCode ? null : /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    const depth = heading?.[1]?.length ?? 0;
    if (level === 0) {
      if (depth > 0 && normalise(heading?.[2] ?? '') === normalise(title)) level = depth;
      continue;
    }
    if (depth > 0 && depth <= level) break;
    found.push(line);
  }
  return level === 0 ? undefined : found.join('\n');
}

function normalise(text: string): string {
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}
