import { describe, expect, it } from 'vitest';
import type { AttemptView, StepView } from '../../../server/contract/attempts.ts';
import { hasWorkspace, isRunning, newerAttempt } from './attempt-cache.ts';
import { currentStep, nextMove, nextStep, positionOf } from './step-position.ts';

const step = (id: string, state: StepView['state']): StepView => ({
  id,
  title: id,
  phase: 'build',
  state,
  markdown: null,
  checks: [],
  hints: [],
});
const steps = [step('a', 'passed'), step('b', 'skipped'), step('c', 'open'), step('d', 'locked')];

describe('steps', () => {
  it('begin at the first open one', () => expect(currentStep(steps)?.id).toBe('c'));
  it('stay at the last finished one when all are done', () =>
    expect(currentStep([step('a', 'passed'), step('b', 'skipped')])?.id).toBe('b'));
  it('begin with the first when none is open yet', () => expect(currentStep([step('a', 'locked'), step('b', 'locked')])?.id).toBe('a'));
  it('may be absent', () => expect(currentStep([])).toBeNull());
  it('know their place and what follows', () => {
    expect(positionOf(steps, 'c')).toEqual({ number: 3, of: 4 });
    expect(nextStep(steps, 'c')?.id).toBe('d');
    expect(nextStep(steps, 'd')).toBeNull();
    expect(nextStep(steps, 'x')).toBeNull();
  });
});

describe('nextMove', () => {
  it.each([
    ['ready', false, 'done', 'work'],
    ['ready', true, 'done', 'start incident'],
    ['ready', true, 'started', 'stand by'],
    ['incident', false, 'failed', 'fix and ask'],
    ['incident', false, 'started', 'stand by'],
    ['grading', false, 'started', 'wait'],
  ] as const)('%s, incident possible %s, latest %s: %s', (state, canStartIncident, latest, move) => {
    const progress = [{ id: 'p', text: 'x', state: latest, at: '2026-11-21T10:00:00Z', tookMs: null }];
    expect(nextMove({ state, canStartIncident, progress })).toBe(move);
  });
});

describe('newerAttempt', () => {
  const view = (revision: number, id = 'x'): AttemptView => ({ id, revision }) as AttemptView;
  it('keeps the later truth whatever the order of arrival', () => {
    expect(newerAttempt(view(3), view(2)).revision).toBe(3);
    expect(newerAttempt(view(3), view(4)).revision).toBe(4);
    expect(newerAttempt(undefined, view(1)).revision).toBe(1);
  });
  it('does not keep another attempt', () => expect(newerAttempt(view(9, 'y'), view(1)).id).toBe('x'));
});

describe('states', () => {
  it('tell running from over and whether there is something to work in', () => {
    expect(isRunning({ state: 'provisioning' }) && !hasWorkspace({ state: 'provisioning' })).toBe(true);
    expect(hasWorkspace({ state: 'incident' })).toBe(true);
    expect(isRunning({ state: 'broken' })).toBe(false);
  });
});
