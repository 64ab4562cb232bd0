import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../cluster/meta/manual-clock.ts';
import type { Deployment, RouterSettings } from '../config/gateway-config.ts';
import { configFrom, modelEntry } from '../testing/config-text.ts';
import { DeploymentState, shouldCoolDown, type CooldownFacts } from './deployment-state.ts';
import { pickDeployment, type Candidate } from './pick.ts';

const clock = new ManualClock();

function candidate(id: string, own: Partial<Deployment> = {}, prepare: (state: DeploymentState) => void = () => undefined): Candidate {
  const [deployment] = configFrom(`model_list:\n${modelEntry('chat', 'http://x/v1')}`).deployments;
  const state = new DeploymentState(clock);
  prepare(state);
  return { deployment: { ...deployment!, id, ...own }, state };
}

function picked(candidates: readonly Candidate[], strategy: RouterSettings['strategy'] = 'simple-shuffle', random = 0): string {
  const pick = pickDeployment(candidates, strategy, new Set(), () => random);
  return pick.kind === 'picked' ? pick.candidate.deployment.id : `${pick.reason} ${pick.retryAfterMs}`;
}

describe('picking a deployment', () => {
  it('shuffles by weight', () => {
    const candidates = [candidate('a', { weight: 1 }), candidate('b', { weight: 3 })];
    const picks = Array.from({ length: 100 }, (_, index) => picked(candidates, 'simple-shuffle', index / 100));
    expect(picks.filter((id) => id === 'b')).toHaveLength(75);
  });

  it.each<[RouterSettings['strategy'], (state: DeploymentState) => void]>([
    ['least-busy', (state) => state.started()],
    ['usage-based-routing', (state) => state.used(50)],
    ['usage-based-routing-v2', (state) => state.used(50)],
    ['latency-based-routing', (state) => state.succeeded(900)],
  ])('%s avoids the one with more of it', (strategy, burden) => {
    const candidates = [candidate('loaded', {}, burden), candidate('free', {}, (state) => state.succeeded(100))];
    expect([0, 0.5, 0.99].map((random) => picked(candidates, strategy, random))).toEqual(['free', 'free', 'free']);
  });

  it('takes the lowest order that is there', () => {
    const spare = candidate('spare', { order: 2 });
    expect(picked([spare, candidate('first')])).toBe('first');
    expect(picked([spare, candidate('first', {}, (state) => state.coolDown(1_000))])).toBe('spare');
  });

  it.each<[string, readonly Candidate[], string]>([
    ['nobody of that name', [], 'unknown 0'],
    ['all cooling down: until the first is back', [cooling(9_000), cooling(4_000)], 'cooldown 4000'],
    ['at its limit of requests: until the minute is over', [candidate('a', { rpm: 1 }, (state) => state.started())], 'limit 60000'],
    ['at its limit of tokens', [candidate('a', { tpm: 10 }, (state) => state.used(10))], 'limit 60000'],
    ['as busy as may be', [candidate('a', { maxParallel: 1 }, (state) => state.started())], 'limit 1000'],
  ])('%s', (_, candidates, expected) => {
    expect(picked(candidates)).toBe(expected);
  });

  function cooling(ms: number): Candidate {
    return candidate(String(ms), {}, (state) => state.coolDown(ms));
  }
});

describe('cooldown', () => {
  const facts: CooldownFacts = { kind: 'server', failuresThisMinute: 1, outcomesThisMinute: 1, groupSize: 2, allowedFails: undefined };
  it.each<[string, Partial<CooldownFacts>, boolean]>([
    ['a refused key, with alternatives', { kind: 'auth' }, true],
    ['a rate limit, with alternatives', { kind: 'rate_limit' }, true],
    ['a rate limit of the only one', { kind: 'rate_limit', groupSize: 1 }, false],
    ['one server error', {}, false],
    ['most of five', { failuresThisMinute: 3, outcomesThisMinute: 5 }, true],
    ['what the client did wrong', { kind: 'bad_request', allowedFails: 0 }, false],
    ['more than is allowed', { failuresThisMinute: 3, allowedFails: 2, groupSize: 1 }, true],
    ['as many as are allowed', { failuresThisMinute: 2, allowedFails: 2 }, false],
  ])('%s', (_, own, expected) => {
    expect(shouldCoolDown({ ...facts, ...own })).toBe(expected);
  });

  it('ends, and a minute’s counts with the minute', async () => {
    const state = new DeploymentState(clock);
    state.started();
    state.failed();
    state.coolDown(5_000);
    expect([state.outage, state.failuresThisMinute, state.requestsThisMinute]).toEqual([2, 1, 1]);
    await clock.advance(60_000);
    expect([state.outage, state.failuresThisMinute, state.requestsThisMinute, state.cooldownLeftMs]).toEqual([1, 0, 0, 0]);
    state.succeeded(10);
    expect(state.outage).toBe(0);
  });
});
