import { afterEach, describe, expect, it } from 'vitest';
import { noteServerTime, readerTimeOf, serverNowMs } from './server-clock.ts';

const now = Date.parse('2026-11-21T10:00:00Z');
afterEach(() => {
  noteServerTime(new Date(now).toISOString(), now);
});

describe('the server clock', () => {
  it("is followed however wrong the reader's is", () => {
    noteServerTime('2026-11-21T10:07:00Z', now);
    expect(serverNowMs(now + 1_000)).toBe(now + 421_000);
    expect(readerTimeOf('2026-11-21T10:07:05Z')).toBe(now + 5_000);
  });

  it('is left alone by a time that is none', () => {
    noteServerTime('2026-11-21T10:07:00Z', now);
    noteServerTime('soon', now);
    expect(serverNowMs(now)).toBe(now + 420_000);
  });
});
