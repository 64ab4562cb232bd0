import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../cluster/meta/manual-clock.ts';
import type { CacheSettings } from '../config/gateway-config.ts';
import { AnswerCache, type CacheQuestion } from './answer-cache.ts';
import { planCacheUse, type CacheControl } from './cache-control.ts';

const settings: CacheSettings = {
  mode: 'exact',
  ttlMs: 60_000,
  namespace: '',
  defaultOn: true,
  maxEntries: 3,
  similarityThreshold: 0.8,
  operations: new Set(['chat'] as const),
};
let clock: ManualClock;
beforeEach(() => void (clock = new ManualClock()));

const question = (content: string, more: Partial<CacheQuestion> = {}, body: object = {}): CacheQuestion => ({
  operation: 'chat',
  group: 'chat',
  body: { messages: [{ role: 'user', content }], ...body },
  teamId: undefined,
  ...more,
});
const use = (control?: CacheControl) => planCacheUse(control, settings);
const answer = (text: string): object => ({ choices: [{ message: { content: text } }] });

describe('an exact cache', () => {
  const kept = (): AnswerCache => {
    const cache = new AnswerCache(settings, clock);
    cache.store(question('hello'), use(), { ...answer('hi') });
    return cache;
  };

  it.each<[string, CacheQuestion, boolean]>([
    ['the same question', question('hello'), true],
    ['as a stream, for another user', question('hello', {}, { stream: true, user: 'u' }), true],
    ['other words', question('hello!'), false],
    ['another temperature', question('hello', {}, { temperature: 1 }), false],
    ['another group', question('hello', { group: 'other' }), false],
  ])('%s', (_, asked, expected) => {
    expect(kept().find(asked, use()) !== undefined).toBe(expected);
  });

  it('forgets after its time, or that of the request', async () => {
    const cache = kept();
    cache.store(question('brief'), use({ ttl: 1 }), { ...answer('x') });
    await clock.advance(5_000);
    expect(cache.find(question('brief'), use())).toBeUndefined();
    expect(cache.find(question('hello'), use({ 's-maxage': 4 }))).toBeUndefined();
    expect(cache.find(question('hello'), use({ 's-maxage': 6 }))).toBeDefined();
    await clock.advance(55_000);
    expect(cache.find(question('hello'), use())).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('keeps namespaces apart', () => {
    expect(kept().find(question('hello'), use({ namespace: 'other' }))).toBeUndefined();
  });

  it('holds so many, and lets go of those that nobody asked for', () => {
    const cache = kept();
    for (const text of ['b', 'c']) cache.store(question(text), use(), { ...answer(text) });
    cache.find(question('hello'), use());
    cache.store(question('d'), use(), { ...answer('d') });
    expect(['hello', 'b', 'c', 'd'].filter((text) => cache.find(question(text), use()) !== undefined)).toEqual(['hello', 'c', 'd']);
    cache.store(question('huge'), use(), { ...answer('x'.repeat(2_000_000)) });
    expect(cache.find(question('huge'), use())).toBeUndefined();
  });
});

describe('a semantic cache', () => {
  const stored = 'What is the capital city of France?';
  it.each<[string, CacheQuestion, boolean]>([
    ['a near question', question('What is the capital city of France, please?', { teamId: 'red' }), true],
    ['a far one', question('How do I restart a pod in Kubernetes?', { teamId: 'red' }), false],
    ['a near one of another team', question('What is the capital city of France, please?', { teamId: 'blue' }), false],
    ['a near one with another temperature', question('What is the capital city of France ?', { teamId: 'red' }, { temperature: 1 }), false],
  ])('%s', (_, asked, expected) => {
    const cache = new AnswerCache({ ...settings, mode: 'semantic' }, clock);
    cache.store(question(stored, { teamId: 'red' }), use(), { ...answer('Paris') });
    const hit = cache.find(asked, use());
    expect(hit !== undefined).toBe(expected);
    if (hit !== undefined) expect(hit.similarity).toBeLessThan(1);
  });
});

it.each<[CacheControl, boolean, { read: boolean; write: boolean }]>([
  [undefined, true, { read: true, write: true }],
  [{ 'no-cache': true }, true, { read: false, write: true }],
  [{ 'no-store': true }, true, { read: true, write: false }],
  [undefined, false, { read: false, write: false }],
  [{ 'use-cache': true }, false, { read: true, write: true }],
])('cache: %j, on by default: %s', (control, defaultOn, expected) => {
  expect(planCacheUse(control, { ...settings, defaultOn })).toMatchObject(expected);
});
