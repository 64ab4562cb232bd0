import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import Markdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import { describe, expect, it } from 'vitest';
import { parseFence, remarkFence } from './fence.ts';
import { SANITIZE_SCHEMA } from './sanitize-schema.ts';

describe('parseFence', () => {
  it.each([
    ['bash', 'run', { language: 'bash', run: true, copy: false, reveal: false }],
    ['yaml', 'copy', { language: 'yaml', run: false, copy: true, reveal: false }],
    ['bash', 'reveal run', { language: 'bash', run: true, copy: false, reveal: true }],
    ['', null, { language: null, run: false, copy: false, reveal: false }],
    ['text', 'running', { language: 'text', run: false, copy: false, reveal: false }],
  ] as const)('%s %s', (language, meta, expected) => expect(parseFence(language, meta)).toEqual(expected));
});

describe('the way of a fenced block through the sanitiser', () => {
  const render = (markdown: string): string =>
    renderToStaticMarkup(
      createElement(Markdown, { remarkPlugins: [remarkFence], rehypePlugins: [[rehypeSanitize, SANITIZE_SCHEMA]], children: markdown }),
    );

  it('keeps language and words', () => {
    expect(render('```bash run\nkubectl get pods\n```')).toContain('<code class="language-bash" data-fence="run">kubectl get pods');
  });

  it('drops what could run by itself', () => {
    const html = render('<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1))\n\n<script>alert(1)</script>');
    expect(html).not.toMatch(/<img|<script|javascript:/);
  });
});
