import { describe, expect, it } from 'vitest';
import { KeeperFilter } from './shell-keeper.ts';

const run = (...pieces: string[]): string => {
  const filter = new KeeperFilter();
  return pieces.map((piece) => filter.push(Buffer.from(piece)).toString()).join('');
};

describe("the keeper's own words", () => {
  it.each([
    ['the screen is not cleared on the way back', ['\u001b[H\u001b[J$ '], '$ '],
    ['also when it comes in pieces', ['\u001b[', 'H\u001b', '[J', '$ '], '$ '],
    ['other escapes stay', ['\u001b[H\u001b[K$'], '\u001b[H\u001b[K$'],
    ['what was typed too early stays before it', ['ls\r\n\u001b[H\u001b', '[J$ '], 'ls\r\n$ '],
    ["clearing later is the shell's own", ['\u001b[H\u001b[J$ ', '\u001b[H\u001b[J'], '$ \u001b[H\u001b[J'],
    ['the end note goes', ['$ exit\r\n', 'bye\u001b[999H\r\n[EOF - dtach terminating]\r\n'], '$ exit\r\nbye'],
  ])('%s', (_what, pieces, expected) => {
    expect(run(...pieces)).toBe(expected);
  });
});
