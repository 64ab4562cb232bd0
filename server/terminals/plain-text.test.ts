import { describe, expect, it } from 'vitest';
import { lastLines } from './plain-text.ts';

describe('the last lines of a terminal', () => {
  it.each([
    ['colours go', '\u001b[32mok\u001b[0m done\r\n', ['ok done']],
    ['what was overwritten goes', 'downloading  10%\rdownloading 100%\r\n', ['downloading 100%']],
    ['backspaces erase', 'lz\bs -l\r\n', ['ls -l']],
    ['empty lines go', 'a\r\n\r\n\r\nb\r\n', ['a', 'b']],
    ['titles and bells go', '\u001b]0;title\u0007$ \u0007ls\r\n', ['$ ls']],
    ['only the last are kept', '1\n2\n3\n4', ['2', '3', '4']],
    ['long lines are cut', 'x'.repeat(30), ['x'.repeat(20)]],
    ['a character cut in two does not hurt', Buffer.from('é').subarray(1), ['\uFFFD']],
  ])('%s', (_what, output, expected) => {
    expect(lastLines(Buffer.from(output), 3, 20)).toEqual(expected);
  });
});
