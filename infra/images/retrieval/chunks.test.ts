import { describe, expect, it } from 'vitest';
import { chunkMarkdown } from './chunks.ts';

describe('chunkMarkdown', () => {
  it('cuts at headings and keeps what they stand under', () => {
    const text = 'Before.\n\n# One\n\nFirst.\n\n## Deep\nSecond.\n\n# Two\nThird.\n';
    expect(chunkMarkdown('a.md', text)).toEqual([
      { path: 'a.md', heading: '', text: 'Before.' },
      { path: 'a.md', heading: 'One', text: 'First.' },
      { path: 'a.md', heading: 'One > Deep', text: 'Second.' },
      { path: 'a.md', heading: 'Two', text: 'Third.' },
    ]);
  });

  it('takes no comment in code for a heading', () => {
    expect(chunkMarkdown('a.md', '# Run\n```sh\n# not a heading\nls\n```\n')).toEqual([
      { path: 'a.md', heading: 'Run', text: '```sh\n# not a heading\nls\n```' },
    ]);
  });

  it('cuts what is too long at paragraphs, or else between words, and loses nothing', () => {
    const paragraphs = Array.from({ length: 30 }, (_, index) => `Paragraph ${index} says a few words and then ends.`);
    const parts = chunkMarkdown('a.md', paragraphs.join('\n\n'));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every(({ text }) => text.length <= 800)).toBe(true);
    expect(parts.map(({ text }) => text).join('\n\n')).toBe(paragraphs.join('\n\n'));
    const long = Array.from({ length: 500 }, (_, index) => `word${index}`).join(' ');
    const cut = chunkMarkdown('a.md', long);
    expect(cut.every(({ text }) => text.length <= 800)).toBe(true);
    expect(cut.flatMap(({ text }) => text.split(/\s+/))).toEqual(long.split(' '));
  });

  it('makes nothing of nothing', () => {
    expect(chunkMarkdown('a.md', '\n\n# Only a heading\n')).toEqual([]);
  });
});
