import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../cluster/meta/manual-clock.ts';
import { monotonicClock } from './clock.ts';
import { deviceProfiles } from './devices.ts';
import { Engine, QueueFullError, type EngineOptions, type SequenceTiming } from './engine.ts';
import { modelProfiles, speedOn } from './models.ts';

const signal = new AbortController().signal;

function engine(more: Partial<EngineOptions> = {}): { engine: Engine; preempted: () => number } {
  let preempted = 0;
  const observe = { firstToken: () => {}, interToken: () => {}, finished: () => {}, preempted: () => void (preempted += 1) };
  const speed = { prefillOverheadMs: 1, prefillMsPerToken: 0.01, interTokenMs: 1, usdPerThousandTokens: 0, slowdownPerSequence: 0.03 };
  return {
    engine: new Engine({
      speed,
      slowdown: 1,
      maxNumSeqs: 4,
      maxQueued: 8,
      kvBlocks: 64,
      enablePrefixCaching: true,
      seed: 0,
      observe,
      clock: monotonicClock,
      ...more,
    }),
    preempted: () => preempted,
  };
}

const words = (count: number, name = 'w'): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);

describe('Engine', () => {
  it('gives every token in order and says why it ended', async () => {
    const tokens: string[] = [];
    const reason = await engine().engine.submit({
      promptTokens: words(5),
      outputTokens: words(7),
      finishReason: 'stop',
      signal,
      onToken: (token) => tokens.push(token),
    });
    expect(reason).toBe('stop');
    expect(tokens).toEqual(words(7));
  });

  it('runs a batch together and queues the rest', async () => {
    const { engine: batching } = engine({ maxNumSeqs: 2 });
    const runs = words(5).map((name) =>
      batching.submit({ promptTokens: words(3, name), outputTokens: words(150), finishReason: 'stop', signal, onToken: () => {} }),
    );
    await expect.poll(() => [batching.running, batching.waiting], { interval: 5 }).toEqual([2, 3]);
    await Promise.all(runs);
    expect([batching.running, batching.waiting, batching.cache.usage]).toEqual([0, 0, 0]);
  });

  it('refuses past the queue limit', () => {
    const { engine: small } = engine({ maxQueued: 1 });
    const request = { promptTokens: words(3), outputTokens: words(3), finishReason: 'stop' as const, signal, onToken: () => {} };
    void small.submit(request);
    expect(() => small.submit(request)).toThrow(QueueFullError);
  });

  it('preempts the youngest when the cache is full and still finishes both with all tokens', async () => {
    const { engine: tight, preempted } = engine({ kvBlocks: 5 });
    const counts = [0, 0];
    const run = (index: number): Promise<unknown> =>
      tight.submit({
        promptTokens: words(20, `p${index}`),
        outputTokens: words(40),
        finishReason: 'stop',
        signal,
        onToken: () => void (counts[index] = (counts[index] ?? 0) + 1),
      });
    await Promise.all([run(0), run(1)]);
    expect(counts).toEqual([40, 40]);
    expect(preempted()).toBeGreaterThan(0);
    expect(tight.cache.usage).toBe(0);
  });

  it('lets go of a sequence whose client went', async () => {
    const { engine: idle } = engine();
    const gone = new AbortController();
    const run = idle.submit({
      promptTokens: words(3),
      outputTokens: words(100_000),
      finishReason: 'stop',
      signal: gone.signal,
      onToken: () => {},
    });
    await expect.poll(() => idle.running, { interval: 5 }).toBe(1);
    gone.abort();
    expect(await run).toBe('abort');
    expect(idle.running).toBe(0);
  });
});

/** Runs `requests` at once on a clock that is moved, and answers each one's timing. */
async function timings(
  more: Partial<EngineOptions>,
  requests: readonly { prompt: readonly string[]; tokens: number }[],
): Promise<readonly SequenceTiming[]> {
  const clock = new ManualClock();
  const finished: SequenceTiming[] = [];
  const observe = {
    firstToken: () => {},
    interToken: () => {},
    finished: (timing: SequenceTiming) => void finished.push(timing),
    preempted: () => {},
  };
  const { engine: timed } = engine({ clock, observe, ...more });
  const runs = requests.map(({ prompt, tokens }) =>
    timed.submit({ promptTokens: prompt, outputTokens: words(tokens), finishReason: 'stop', signal, onToken: () => {} }),
  );
  for (let round = 0; round < 100 && finished.length < requests.length; round += 1) await clock.advance(1_000);
  await Promise.all(runs);
  return finished;
}

describe('Engine’s time', () => {
  const [sparrow, heron, condor] = modelProfiles;
  const onCpu = speedOn(sparrow!, deviceProfiles.cpu);
  const one = { prompt: words(100), tokens: 50 };

  it('is the same for the same seed, and another for another', async () => {
    expect(await timings({ speed: onCpu, seed: 1 }, [one])).toEqual(await timings({ speed: onCpu, seed: 1 }, [one]));
    expect(await timings({ speed: onCpu, seed: 1 }, [one])).not.toEqual(await timings({ speed: onCpu, seed: 2 }, [one]));
  });

  it('is prefill by the token and decode by the token, within the jitter', async () => {
    const [timing] = await timings({ speed: onCpu }, [one]);
    const prefillMs = onCpu.prefillOverheadMs + 100 * onCpu.prefillMsPerToken;
    expect(timing!.prefillSeconds * 1000).toBeGreaterThanOrEqual(prefillMs);
    expect(timing!.prefillSeconds * 1000).toBeLessThan(prefillMs + 1.2 * onCpu.interTokenMs);
    expect(timing!.decodeSeconds * 1000).toBeGreaterThan(49 * onCpu.interTokenMs * 0.9);
    expect(timing!.decodeSeconds * 1000).toBeLessThan(49 * onCpu.interTokenMs * 1.1);
  });

  it('spares the prefill of a prompt seen before', async () => {
    const clock = new ManualClock();
    const prefills: number[] = [];
    const observe = {
      firstToken: () => {},
      interToken: () => {},
      finished: ({ prefillSeconds }: SequenceTiming) => void prefills.push(prefillSeconds),
      preempted: () => {},
    };
    const { engine: caching } = engine({ clock, observe, speed: speedOn(heron!, deviceProfiles.cpu) });
    for (const _ of [1, 2]) {
      const run = caching.submit({ promptTokens: words(400), outputTokens: words(2), finishReason: 'stop', signal, onToken: () => {} });
      await clock.advance(5_000);
      await run;
    }
    expect(prefills[1]!).toBeLessThan(prefills[0]! / 4);
  });

  it('grows under load, less on a GPU than on a CPU, and a batch still beats one after the other', async () => {
    const slowest = async (count: number, device: 'cpu' | 'l4'): Promise<number> => {
      const requests = Array.from({ length: count }, (_, index) => ({ prompt: words(20, `p${index}`), tokens: 40 }));
      const all = await timings({ speed: speedOn(sparrow!, deviceProfiles[device]), maxNumSeqs: 8 }, requests);
      return Math.max(...all.map((timing) => timing.totalSeconds));
    };
    const [cpuAlone, cpuBatch, gpuAlone, gpuBatch] = [
      await slowest(1, 'cpu'),
      await slowest(8, 'cpu'),
      await slowest(1, 'l4'),
      await slowest(8, 'l4'),
    ];
    expect(cpuBatch).toBeGreaterThan(cpuAlone * 1.3);
    expect(cpuBatch).toBeLessThan(cpuAlone * 4);
    expect(gpuBatch / gpuAlone).toBeLessThan(cpuBatch / cpuAlone);
  });

  it('orders models and devices as they are', async () => {
    const seconds = async (model: typeof sparrow, device: keyof typeof deviceProfiles, count = 1): Promise<number> =>
      (await timings({ speed: speedOn(model!, deviceProfiles[device], count) }, [one]))[0]!.totalSeconds;
    expect(await seconds(sparrow, 'cpu')).toBeLessThan(await seconds(heron, 'cpu'));
    expect(await seconds(heron, 'cpu')).toBeLessThan(await seconds(condor, 'cpu'));
    const onDevices = [
      await seconds(condor, 'cpu'),
      await seconds(condor, 'l4'),
      await seconds(condor, 'a100'),
      await seconds(condor, 'h100'),
      await seconds(condor, 'h100', 4),
    ];
    expect(onDevices).toEqual(onDevices.toSorted((a, b) => b - a));
    expect(new Set(onDevices).size).toBe(5);
  });

  it('shows a release’s regression', async () => {
    const [good, slow] = [await timings({ slowdown: 1 }, [one]), await timings({ slowdown: 3 }, [one])];
    expect(slow[0]!.totalSeconds).toBeGreaterThan(good[0]!.totalSeconds * 2.5);
  });
});
