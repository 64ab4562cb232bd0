import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { combineFaults } from './combined-fault.ts';
import type { Fault, FaultTarget, Proof } from './fault.ts';

const target = {} as FaultTarget;

function fault(id: string, told: string[], more: Partial<Fault> = {}): Fault {
  return {
    id,
    title: `Title ${id}`,
    symptom: `${id} hurts.`,
    leavesBehind: `Nothing of ${id}.`,
    parameters: z.unknown(),
    inject: async (_, parameters) => {
      told.push(`inject ${id} ${JSON.stringify(parameters)}`);
      return `data of ${id}`;
    },
    prove: async (_, data): Promise<Proof> => ({ live: true, seen: `${String(data)} is live.` }),
    recover: async (_, data) => void told.push(`recover ${id} with ${String(data)}`),
    ...more,
  };
}

describe('combineFaults', () => {
  it('injects in order, each with its own parameters, and takes back the last first with what each answered', async () => {
    const told: string[] = [];
    const both = combineFaults([
      { fault: fault('a', told), parameters: { n: 1 } },
      { fault: fault('b', told), parameters: { n: 2 } },
    ]);
    const data = await both.inject(target, undefined);
    expect(await both.prove(target, data)).toEqual({ live: true, seen: 'data of a is live. data of b is live.' });
    await both.recover(target, JSON.parse(JSON.stringify(data)));
    expect(told).toEqual(['inject a {"n":1}', 'inject b {"n":2}', 'recover b with data of b', 'recover a with data of a']);
    expect(both.id).toBe('a+b');
  });

  it('is not live while one part is not', async () => {
    const asleep = fault('b', [], { prove: async () => ({ live: false, reason: 'it still answers' }) });
    const both = combineFaults([
      { fault: fault('a', []), parameters: {} },
      { fault: asleep, parameters: {} },
    ]);
    expect(await both.prove(target, await both.inject(target, undefined))).toEqual({ live: false, reason: 'b: it still answers' });
  });

  it('leaves nothing of itself when a part does not take', async () => {
    const told: string[] = [];
    const stubborn = fault('b', told, { inject: () => Promise.reject(new Error('no such pod')) });
    const both = combineFaults([
      { fault: fault('a', told), parameters: {} },
      { fault: stubborn, parameters: {} },
    ]);
    await expect(both.inject(target, undefined)).rejects.toThrow('no such pod');
    expect(told).toEqual(['inject a {}', 'recover a with data of a']);
  });

  it('takes the others back though one cannot be', async () => {
    const told: string[] = [];
    const stuck = fault('b', told, { recover: () => Promise.reject(new Error('the API is gone')) });
    const both = combineFaults([
      { fault: fault('a', told), parameters: {} },
      { fault: stuck, parameters: {} },
    ]);
    await expect(both.recover(target, { parts: ['x', 'y'] })).rejects.toThrow('the API is gone');
    expect(told).toEqual(['recover a with x']);
  });
});
