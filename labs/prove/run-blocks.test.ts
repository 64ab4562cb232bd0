import { expect, it } from 'vitest';
import { runBlocksOf } from './run-blocks.ts';

it('finds what a trainee clicks through, in order, and nothing else', () => {
  const markdown =
    'Text\n\n```bash run\nls\ncat a\n```\n\n```yaml copy\na: 1\n```\n\n```bash reveal\nrm a\n```\n\n- item\n\n```bash run\necho "```"\n```\n';
  expect(runBlocksOf(markdown)).toEqual(['ls\ncat a\n', 'echo "```"\n']);
  expect(runBlocksOf('no code')).toEqual([]);
});
