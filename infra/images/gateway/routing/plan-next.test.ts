import { describe, expect, it } from 'vitest';
import { backoffMs, fallbackGroups, planNext, type FailureFacts } from './plan-next.ts';

const facts: FailureFacts = {
  kind: 'server',
  retryAfterMs: undefined,
  retriesLeft: 2,
  retry: 0,
  alternatives: 0,
  hasFallbacks: false,
  minWaitMs: 0,
};
const never = (): number => 0;
const general = { kind: 'fall back', list: 'general' };

describe('after a failure', () => {
  it.each<[string, Partial<FailureFacts>, object]>([
    ['a bad request is bad everywhere', { kind: 'bad_request', alternatives: 3, hasFallbacks: true }, { kind: 'give up' }],
    ['content is not tried elsewhere', { kind: 'content_policy', alternatives: 3 }, { kind: 'fall back', list: 'contentPolicy' }],
    ['a long prompt needs a larger model', { kind: 'context_window' }, { kind: 'fall back', list: 'contextWindow' }],
    ['a bad key is not tried again', { kind: 'auth' }, general],
    ['but another deployment is', { kind: 'auth', alternatives: 1 }, { kind: 'retry', afterMs: 0, excludeDeployment: true }],
    ['a spent quota is not waited for', { kind: 'quota', retryAfterMs: 1_000 }, general],
    ['a server error is tried again after a pause', {}, { kind: 'retry', afterMs: 500, excludeDeployment: false }],
    ['elsewhere at once', { alternatives: 1 }, { kind: 'retry', afterMs: 0, excludeDeployment: true }],
    ['retry-after is honoured', { kind: 'rate_limit', retryAfterMs: 7_000 }, { kind: 'retry', afterMs: 7_000, excludeDeployment: false }],
    ['unless it is too long', { kind: 'rate_limit', retryAfterMs: 61_000 }, general],
    ['or there is somewhere else to go', { kind: 'rate_limit', retryAfterMs: 1_000, hasFallbacks: true }, general],
    ['no retry is left', { retriesLeft: 0 }, general],
    ['the least wait holds', { minWaitMs: 3_000, alternatives: 1 }, { kind: 'retry', afterMs: 3_000, excludeDeployment: true }],
  ])('%s', (_, own, expected) => {
    expect(planNext({ ...facts, ...own }, never)).toEqual(expected);
  });

  it('waits longer each time, up to eight seconds, less some chance', () => {
    expect([0, 1, 2, 3, 4, 9].map((retry) => backoffMs(retry, never))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(backoffMs(0, () => 0.999)).toBeGreaterThan(370);
  });
});

it('falls back to the own list of a group, else to the default one, never in a circle', () => {
  const fallbacks = {
    general: new Map([['chat', ['backup', 'chat', 'backup', 'last']]]),
    contextWindow: new Map(),
    contentPolicy: new Map([['chat', ['strict']]]),
    byDefault: ['anything'],
  };
  expect(fallbackGroups(fallbacks, 'general', 'chat', 'gpt-4')).toEqual(['backup', 'last']);
  expect(fallbackGroups(fallbacks, 'general', 'other', 'other')).toEqual(['anything']);
  expect(fallbackGroups(fallbacks, 'contentPolicy', 'chat', 'chat')).toEqual(['strict']);
  expect(fallbackGroups(fallbacks, 'contentPolicy', 'other', 'other')).toEqual([]);
  expect(fallbackGroups(fallbacks, 'contextWindow', 'chat', 'chat')).toEqual([]);
});
