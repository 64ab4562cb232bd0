import { describe, expect, it } from 'vitest';
import type { ProbeRequest, ProbeResult } from '../../infra/images/prober/protocol.ts';
import { answer } from '../../infra/images/inference/answer.ts';
import { answered, checkOf, FakeProber, testContext, unanswered } from '../testing/sandbox-fixtures.ts';
import type { Verdict } from '../verdict.ts';
import { runCompletionCheck, type CompletionCheck } from './completion-check.ts';

interface Asked {
  readonly model: string;
  readonly seed: number;
  readonly prompt: string;
}

function read({ body = '' }: ProbeRequest): Asked {
  const { model, seed, messages } = JSON.parse(body) as { model: string; seed: number; messages: { content: string }[] };
  return { model, seed, prompt: messages[0]?.content ?? '' };
}

const genuine = ({ seed, prompt }: Asked, model = 'drillhouse/sparrow-1b'): string =>
  answer({ model, prompt, context: '', seed, quality: 1 });
const whole = (content: string): ProbeResult => answered(200, { choices: [{ message: { role: 'assistant', content } }] });

function streamed(content: string, everyMs: number, pieces = 20): ProbeResult {
  const size = Math.max(1, Math.ceil(content.length / pieces));
  const parts = content.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
  const events = parts.map((text, index) => ({ data: JSON.stringify({ choices: [{ delta: { content: text } }] }), atMs: index * everyMs }));
  return answered(200, '', {
    events: [
      { data: JSON.stringify({ choices: [{ delta: { role: 'assistant', content: '' } }] }), atMs: 0 },
      ...events,
      { data: '[DONE]', atMs: 1 + parts.length * everyMs },
    ],
  });
}

async function judge(ask: CompletionCheck['ask'], respond: (asked: Asked) => ProbeResult): Promise<Verdict> {
  const check = checkOf('c', { kind: 'completion', ask, scheme: 'http' }) as CompletionCheck;
  return runCompletionCheck(check, testContext({ prober: new FakeProber((request) => respond(read(request))) }));
}

describe('a question', () => {
  it.each<[CompletionCheck['ask'], (asked: Asked) => ProbeResult]>([
    ['echo', (asked) => whole(genuine(asked))],
    ['prose', (asked) => whole(genuine(asked))],
    ['stream', (asked) => streamed(genuine(asked), 12)],
  ])('(%s) is passed by the true engine', async (ask, respond) => {
    expect(await judge(ask, respond)).toMatchObject({ kind: 'pass' });
  });

  it('is never the same twice', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      await judge('prose', (asked) => {
        seen.add(`${asked.prompt} ${asked.seed}`);
        return whole('');
      });
    }
    expect(seen.size).toBe(5);
  });

  it.each<[string, CompletionCheck['ask'], (asked: Asked) => ProbeResult, RegExp]>([
    ['a stub that says ok', 'echo', () => answered(200, { status: 'ok' }), /something else stands in its place/],
    ['a parrot, when it is asked for prose', 'prose', ({ prompt }) => whole(prompt), /something else stands/],
    ['another model', 'prose', (asked) => whole(genuine(asked, 'drillhouse/heron-8b')), /something else stands/],
    ['an engine that ignores the seed', 'prose', (asked) => whole(genuine({ ...asked, seed: 1 })), /something else stands/],
    ['a web page', 'echo', () => answered(200, '<html>'), /something else stands/],
    ['an error', 'echo', () => answered(503), /refused a client with the right credentials: HTTP 503/],
    ['silence', 'echo', () => unanswered('connect'), /Nobody could ask the model/],
    ['a stream in one piece', 'stream', (asked) => streamed(genuine(asked), 0), /came at once/],
    ['a stream of two pieces', 'stream', (asked) => streamed(genuine(asked), 100, 2), /came at once/],
    ['no stream at all', 'stream', (asked) => whole(genuine(asked)), /no server-sent events/],
    ['a stream of something else', 'stream', () => streamed('x'.repeat(200), 12), /not what this model answers/],
  ])('is not passed by %s', async (_, ask, respond, reason) => {
    const verdict = await judge(ask, respond);
    expect(verdict.kind).toBe('fail');
    expect((verdict as { reason: string }).reason).toMatch(reason);
  });
});
