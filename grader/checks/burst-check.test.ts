import { describe, expect, it } from 'vitest';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { answered, checkOf, FakeProber, testContext, unanswered } from '../testing/sandbox-fixtures.ts';
import { runBurstCheck, type BurstCheck } from './burst-check.ts';

const limited: ProbeResult = { ...answered(429, { error: { type: 'rate' } }), headers: { 'retry-after': '20' } } as ProbeResult;
const check = checkOf('b', {
  kind: 'burst',
  requests: 4,
  path: '/v1/chat/completions',
  scheme: 'http',
  answers: [
    { name: 'an answer', expect: { status: 200 }, atMost: 3 },
    { name: 'a refusal of the gateway', expect: { status: 429, headers: { 'retry-after': { $exists: true } } } },
  ],
}) as BurstCheck;

/** The answers in turn, the last for all that follow. */
function run(...answers: readonly ProbeResult[]): ReturnType<typeof runBurstCheck> {
  let next = 0;
  return runBurstCheck(check, testContext({ prober: new FakeProber(() => answers[Math.min(next++, answers.length - 1)]!) }));
}

describe('runBurstCheck', () => {
  it('passes when every answer is of a kind and of each there are enough', async () => {
    const verdict = await run(answered(200), answered(200), answered(200), limited);
    expect(verdict).toMatchObject({
      kind: 'pass',
      evidence: [{ summary: 'Of 4 requests at once: 3 × an answer, 1 × a refusal of the gateway.' }],
    });
  });

  it.each<[string, readonly ProbeResult[], RegExp]>([
    ['nothing is refused', [answered(200)], /4 met an answer, wanted at most 3/],
    ['everything is refused', [limited], /0 met an answer, wanted at least 1/],
    [
      'the refusal does not say when to come back',
      [answered(200), answered(429)],
      /neither an answer nor a refusal of the gateway: the header/,
    ],
    ['one breaks', [answered(200), answered(500)], /neither/],
    ['nobody answers', [unanswered('connect')], /neither/],
  ])('fails when %s', async (_, answers, reason) => {
    expect(await run(...answers)).toMatchObject({ kind: 'fail', reason: expect.stringMatching(reason) as string });
  });

  it('asks with one key, all at once', async () => {
    const prober = new FakeProber(() => answered(200));
    await runBurstCheck(check, testContext({ prober }));
    expect(new Set(prober.asked.map(({ headers }) => headers?.['authorization'])).size).toBe(1);
    expect(prober.asked).toHaveLength(4);
  });
});
