import { describe, expect, it } from 'vitest';
import { Engine, QueueFullError, type EngineOptions } from './engine.ts';

const signal = new AbortController().signal;

function engine(more: Partial<EngineOptions> = {}): { engine: Engine; preempted: () => number } {
  let preempted = 0;
  const observe = { firstToken: () => {}, interToken: () => {}, finished: () => {}, preempted: () => void (preempted += 1) };
  const speed = { prefillOverheadMs: 1, prefillMsPerToken: 0.01, interTokenMs: 1, usdPerThousandTokens: 0 };
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
