import { describe, expect, it } from 'vitest';
import { ManualClock } from '../infra/cluster/meta/manual-clock.ts';
import { PlatformError } from './platform-error.ts';
import { watchWindow, type WindowOutcome } from './stability-window.ts';
import { whileTimePasses } from './testing/pass-time.ts';
import type { Verdict } from './verdict.ts';
import { fail, inconclusive, pass } from './verdicts.ts';

const symbols: Readonly<Record<string, () => Verdict>> = {
  '+': () => pass(),
  '-': () => fail('down'),
  '?': () => inconclusive('no prober'),
  '!': () => {
    throw new PlatformError('ApiFailed', 'API gone');
  },
};

/** Plays one look a second; the last symbol repeats. */
async function play(looks: string, withinMs: number, holdForMs: number): Promise<WindowOutcome & { looks: number; endedAtMs: number }> {
  const clock = new ManualClock(0);
  let taken = 0;
  const sample = async (): Promise<Verdict> => {
    const symbol = looks[Math.min(taken, looks.length - 1)] ?? '+';
    taken += 1;
    return symbols[symbol]!();
  };
  const watching = watchWindow(sample, { withinMs, holdForMs, everyMs: 1000, clock, signal: new AbortController().signal });
  return { ...(await whileTimePasses(clock, watching)), looks: taken, endedAtMs: clock.now() };
}

describe('watchWindow', () => {
  it.each<[string, string, number, number, Verdict['kind'], number | undefined]>([
    ['one look decides without a window', '+', 0, 0, 'pass', 0],
    ['one failing look decides without a window', '-', 0, 0, 'fail', undefined],
    ['health must hold for the whole window', '++++++', 0, 5000, 'pass', 0],
    ['recovery is stamped at the first healthy look of the window that held', '--+++++', 3000, 3000, 'pass', 2000],
    ['a break starts the window anew', '++-++++', 4000, 3000, 'pass', 3000],
    ['a healthy gap is not recovery', '++-', 2000, 5000, 'fail', undefined],
    ['a window that began in time may end later', '---+', 3000, 4000, 'pass', 3000],
    ['one that begins too late fails', '-----+', 3000, 2000, 'fail', undefined],
    ['a look that could not be made does not break the window', '+?+++', 0, 3000, 'pass', 0],
    ['nor does one that throws', '+!+++', 0, 3000, 'pass', 0],
    ['looks that never can be made are inconclusive, never a pass', '?', 10_000, 3000, 'inconclusive', undefined],
    ['even after health was seen', '+?', 10_000, 60_000, 'inconclusive', undefined],
  ])('%s', async (_, looks, withinMs, holdForMs, kind, recoveredAtMs) => {
    const outcome = await play(looks, withinMs, holdForMs);
    expect(outcome.verdict.kind).toBe(kind);
    expect(outcome.recoveredAtMs).toBe(recoveredAtMs);
  });

  it('does not count time in which it could not look towards the window, nor against the deadline', async () => {
    const steady = await play('+', 0, 3000);
    const blinded = await play('+??++++', 0, 3000);
    expect(blinded.endedAtMs - steady.endedAtMs).toBe(2000);
    expect((await play('-??-+', 2000, 0)).verdict.kind).toBe('pass');
  });

  it('keeps the looks with their times as evidence, bounded', async () => {
    const { verdict } = await play(`${'-'.repeat(90)}+`, 95_000, 2000);
    const samples = verdict.evidence.filter(({ kind }) => kind === 'sample');
    expect(samples.length).toBeLessThanOrEqual(40);
    expect(samples[0]).toMatchObject({ at: '1970-01-01T00:00:00.000Z', summary: 'not healthy: down' });
    expect(samples.at(-1)?.summary).toBe('healthy');
  });

  it('ends at once when it is aborted', async () => {
    const clock = new ManualClock(0);
    const abort = new AbortController();
    const watching = watchWindow(async () => fail('down'), { withinMs: 60_000, holdForMs: 0, everyMs: 1000, clock, signal: abort.signal });
    const refused = expect(watching).rejects.toThrow('stop');
    await clock.advance(1500);
    abort.abort(new Error('stop'));
    await refused;
  });

  it('lets a defect of ours through', async () => {
    const clock = new ManualClock(0);
    const broken = async (): Promise<Verdict> => Promise.reject(new TypeError('bug'));
    await expect(
      watchWindow(broken, { withinMs: 0, holdForMs: 0, everyMs: 1000, clock, signal: new AbortController().signal }),
    ).rejects.toThrow('bug');
  });
});
