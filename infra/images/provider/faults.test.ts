import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFaultFile, writeFaultFile } from './fault-file.ts';
import { faultSetSchema, FaultState, type FaultSet, type RequestFaults } from './faults.ts';

const numbers = Array.from({ length: 1_000 }, (_, index) => index + 1);

function drawn(set: unknown, seed = 1): readonly RequestFaults[] {
  const state = new FaultState(seed);
  state.replace(faultSetSchema.parse(set));
  return numbers.map((number) => state.forRequest(number));
}

describe('faults', () => {
  it.each([
    ['outage', { kind: 'serverError', share: 0.3 }, 'isServerError'],
    ['overload', { share: 0.3 }, 'isOverloaded'],
    ['wrongAnswers', { share: 0.3 }, 'isWrong'],
    ['harmfulAnswer', { share: 0.3 }, 'isHarmful'],
    ['leakedPersonalData', { share: 0.3 }, 'isLeaking'],
    ['malformedJson', { share: 0.3 }, 'isMalformed'],
  ] as const)('%s strikes its share, the same ones for the same seed', (fault, value, flag) => {
    const struck = drawn({ [fault]: value }).map((request) => request[flag]);
    expect(struck.filter(Boolean).length).toBeGreaterThan(250);
    expect(struck.filter(Boolean).length).toBeLessThan(350);
    expect(drawn({ [fault]: value }).map((request) => request[flag])).toEqual(struck);
    expect(drawn({ [fault]: value }, 2).map((request) => request[flag])).not.toEqual(struck);
  });

  it('draw one apart from the other', () => {
    const both = drawn({ harmfulAnswer: { share: 0.5 }, malformedJson: { share: 0.5 } });
    const patterns = new Set(both.map(({ isHarmful, isMalformed }) => `${isHarmful} ${isMalformed}`));
    expect(patterns.size).toBe(4);
  });

  it('leave nothing behind when they are cleared', () => {
    const state = new FaultState(1);
    const healthy = numbers.map((number) => state.forRequest(number));
    const everything: FaultSet = faultSetSchema.parse({
      limitsCut: { factor: 0.1 },
      quotaSpent: {},
      outage: { kind: 'serverError' },
      overload: {},
      addedLatency: { ms: 10 },
      slowStream: { factor: 4 },
      brokenStream: { afterTokens: 3 },
      retiredModels: { models: ['alpha-4'] },
      wrongModel: { model: 'alpha-4-nano' },
      badKeys: { keys: [{ id: 'k', reason: 'expired' }] },
      wrongAnswers: {},
      harmfulAnswer: {},
      leakedPersonalData: {},
      malformedJson: {},
    });
    state.replace(everything);
    const [faulty] = numbers.map((number) => state.forRequest(number));
    expect(faulty).toEqual({
      isServerError: true,
      isOverloaded: true,
      slowdown: 3,
      streamSlowdown: 4,
      addedLatencyMs: 10,
      breakAfterTokens: 3,
      answeringModel: 'alpha-4-nano',
      isWrong: true,
      isHarmful: true,
      isLeaking: true,
      isMalformed: true,
    });
    expect([state.isRetired('alpha-4'), state.isQuotaSpent('any'), state.badKey('k'), state.limitsFactor]).toEqual([
      true,
      true,
      'expired',
      0.1,
    ]);
    state.replace({});
    expect(numbers.map((number) => state.forRequest(number))).toEqual(healthy);
    expect([state.isRetired('alpha-4'), state.isQuotaSpent('any'), state.badKey('k'), state.limitsFactor]).toEqual([
      false,
      false,
      undefined,
      1,
    ]);
  });

  it('spend the quota of those that are named', () => {
    const state = new FaultState(1);
    state.replace({ quotaSpent: { organizations: ['one'] } });
    expect([state.isQuotaSpent('one'), state.isQuotaSpent('two')]).toEqual([true, false]);
  });

  it.each([{ limitsCut: { factor: 0 } }, { outage: { kind: 'fire' } }, { overlod: {} }, { harmfulAnswer: { share: 0 } }])(
    'refuse %j',
    (set) => expect(faultSetSchema.safeParse(set).success).toBe(false),
  );
});

it('outlive the program in a file, which is gone once they are cleared', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-'));
  const file = path.join(folder, 'faults.json');
  try {
    expect(readFaultFile(file)).toEqual({});
    const faults = faultSetSchema.parse({ overload: {}, limitsCut: { factor: 0.1 } });
    writeFaultFile(file, faults);
    expect(readFaultFile(file)).toEqual(faults);
    writeFaultFile(file, {});
    expect(readFaultFile(file)).toEqual({});
    writeFileSync(file, '{"overlod": {}}');
    expect(readFaultFile(file)).toEqual({});
  } finally {
    rmSync(folder, { recursive: true });
  }
});
