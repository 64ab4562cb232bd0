import { describe, expect, it } from 'vitest';
import { hasReason } from '../meta/status-error.ts';
import { FairQueue, type Flow } from './fair-queue.ts';

/** A queue whose thread is moved turn by turn, and whose work takes as long as it says. */
class Stage {
  nowMs = 0;
  readonly done: string[] = [];
  readonly #turns: (() => void)[] = [];
  readonly queue = new FairQueue({
    maxWaitingOfUser: 10,
    maxWaitingOfGroup: 15,
    defer: (callback) => void this.#turns.push(callback),
    nowMs: () => this.nowMs,
  });

  ask(flow: Flow, workMs: number): Promise<void> {
    return this.queue.run(flow, () => {
      this.nowMs += workMs;
      this.done.push(`${flow.group}/${flow.user}`);
      return Promise.resolve();
    });
  }

  async turn(): Promise<void> {
    for (const callback of this.#turns.splice(0)) callback();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async drain(): Promise<void> {
    while (this.queue.waiting > 0) await this.turn();
    await this.turn();
  }
}

const busy: Flow = { group: 'a', user: 'busy' };
const quiet: Flow = { group: 'a', user: 'quiet' };
const elsewhere: Flow = { group: 'b', user: 'other' };

describe('FairQueue', () => {
  it('runs at once while there is time, and passes on answers and failures', async () => {
    const { queue } = new Stage();
    await expect(queue.run(busy, () => Promise.resolve(42))).resolves.toBe(42);
    await expect(queue.run(busy, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(queue.waiting).toBe(0);
  });

  it.each([
    ['another user of the group', quiet],
    ['another group', elsewhere],
  ])('lets %s in before the flood of one user', async (_name, other) => {
    const stage = new Stage();
    const flood = Array.from({ length: 9 }, () => stage.ask(busy, 5));
    const asked = stage.ask(other, 1);
    await stage.drain();
    await Promise.all([...flood, asked]);
    expect(stage.done.indexOf(`${other.group}/${other.user}`)).toBeLessThanOrEqual(2);
    expect(stage.done).toHaveLength(10);
  });

  it('counts work and not requests', async () => {
    const stage = new Stage();
    void stage.ask(busy, 5);
    await stage.turn();
    const all = [...Array.from({ length: 8 }, () => stage.ask(busy, 8)), ...Array.from({ length: 8 }, () => stage.ask(elsewhere, 1))];
    await stage.drain();
    await Promise.all(all);
    const half = stage.done.slice(0, 9);
    expect(half.filter((name) => name === 'b/other').length).toBeGreaterThanOrEqual(6);
  });

  it('gives a group with many users no more than one with one', async () => {
    const stage = new Stage();
    const many = Array.from({ length: 12 }, (_value, index) => stage.ask({ group: 'a', user: `u${index}` }, 5));
    const few = Array.from({ length: 6 }, () => stage.ask(elsewhere, 5));
    await stage.drain();
    await Promise.all([...many, ...few]);
    expect(stage.done.slice(0, 11).filter((name) => name === 'b/other').length).toBeGreaterThanOrEqual(5);
  });

  it('does not let rest be saved up, nor old work be held against somebody', async () => {
    const stage = new Stage();
    for (let index = 0; index < 50; index += 1) {
      await stage.ask(busy, 1);
      await stage.turn();
    }
    void stage.ask(busy, 5);
    const all = [...Array.from({ length: 5 }, () => stage.ask(elsewhere, 5)), ...Array.from({ length: 5 }, () => stage.ask(busy, 5))];
    await stage.drain();
    await Promise.all(all);
    const later = stage.done.slice(51);
    expect(later.slice(0, 4).filter((name) => name === 'a/busy').length).toBeGreaterThanOrEqual(1);
  });

  it('answers 429 with a time to wait past what a user, or all users of a group, may have waiting', async () => {
    const stage = new Stage();
    const started = stage.ask(busy, 5);
    const waiting = Array.from({ length: 10 }, () => stage.ask(busy, 1));
    const refused = await stage.ask(busy, 1).catch((error: unknown) => error);
    expect(hasReason(refused, 'TooManyRequests')).toBe(true);
    if (!hasReason(refused, 'TooManyRequests')) return;
    expect(refused.status).toMatchObject({ code: 429, details: { retryAfterSeconds: 1 } });
    const others = Array.from({ length: 5 }, (_value, index) => stage.ask({ group: 'a', user: `u${index}` }, 1));
    await expect(stage.ask(quiet, 1)).rejects.toThrow('Too many requests');
    const elsewhereAsked = stage.ask(elsewhere, 1);
    await stage.drain();
    await Promise.all([started, ...waiting, ...others, elsewhereAsked]);
    expect(stage.done).toHaveLength(17);
  });
});
