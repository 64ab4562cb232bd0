import type { z } from 'zod';
import type { arrivalsSchema, PlannedOrder, promptClassSchema } from './load-protocol.ts';
import { draw, generatePrompt, weightedIndex, type Prompt } from './prompts.ts';

/** One request before anything is sent. */
export interface PlannedRequest {
  /** After the run's start. */
  readonly atMs: number;
  readonly className: string;
  readonly prompt: Prompt;
  readonly stream: boolean;
  readonly key: { readonly name: string; readonly key: string } | undefined;
}

export class OrderError extends Error {}

/** What one run may send; an order that asks for more is refused, not cut. */
const MAX_REQUESTS = 20_000;

type Arrivals = z.output<typeof arrivalsSchema>;
type PromptClass = z.output<typeof promptClassSchema>;

/** The whole run: a pure function of the order. Throws {@link OrderError} where it would be too much. */
export function planLoad(order: PlannedOrder): readonly PlannedRequest[] {
  const { seed, classes, keys, repeatedShare, streamShare } = order;
  const asked = new Map<PromptClass, Prompt[]>();
  return planArrivals(order.arrivals, order.durationMs, seed).map((atMs, index) => {
    const chosen = classes[weightedIndex(classes.map(({ weight }) => weight), deal(seed, index))]; // prettier-ignore
    if (chosen === undefined) throw new OrderError('an order has at least one class');
    const earlier = asked.get(chosen) ?? [];
    asked.set(chosen, earlier);
    const repeated =
      draw(seed, index, 'repeat') < repeatedShare ? earlier[Math.floor(draw(seed, index, 'which') * earlier.length)] : undefined;
    const prompt = repeated ?? newPrompt(chosen, seed, index);
    if (repeated === undefined) earlier.push(prompt);
    const key = keys[weightedIndex(keys.map(({ weight }) => weight), draw(seed, index, 'key'))]; // prettier-ignore
    return { atMs, className: chosen.name, prompt, stream: draw(seed, index, 'stream') < streamShare, key };
  });
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * Where in the classes' shares a request falls, from 0 to 1. Classes are dealt rather than drawn: steps of the golden ratio spread evenly over any stretch, so that even a short
 * run has of each class what was ordered (within one request or two), and no verdict hangs on a rare class that did not come up.
 */
function deal(seed: number, index: number): number {
  return (draw(seed, 0, 'class') + index * GOLDEN_RATIO) % 1;
}

function newPrompt(from: PromptClass, seed: number, index: number): Prompt {
  if (from.kind === 'generated') return generatePrompt(from.task, `${seed} ${from.name}`, index, from.fillerSentences);
  const given = from.prompts[Math.floor(draw(seed, index, 'prompt') * from.prompts.length)];
  if (given === undefined) throw new OrderError('a class of given prompts has at least one');
  return {
    ...(given.system === undefined ? {} : { system: given.system }),
    text: given.prompt,
    judge: given.expected === undefined ? { kind: 'none' } : { kind: 'equals', expected: given.expected },
  };
}

/** When requests are sent, in order, in milliseconds after the start. */
export function planArrivals(arrivals: Arrivals, durationMs: number, seed: number): readonly number[] {
  switch (arrivals.kind) {
    case 'constant':
      return evenly(arrivals.perSecond, durationMs);
    case 'poisson':
      return poisson(arrivals.perSecond, durationMs, seed);
    case 'ramp':
      return ramp(arrivals.fromPerSecond, arrivals.toPerSecond, durationMs);
    case 'bursts': {
      const bursts = Math.ceil(durationMs / arrivals.everyMs);
      requireBounded(bursts * arrivals.size);
      const inBursts = Array.from({ length: bursts }, (_, burst) => new Array<number>(arrivals.size).fill(burst * arrivals.everyMs)).flat();
      return [...evenly(arrivals.perSecond, durationMs), ...inBursts].sort((a, b) => a - b);
    }
  }
}

function evenly(perSecond: number, durationMs: number): readonly number[] {
  // Rates like 10/3 must not lose their last request to rounding.
  const count = Math.ceil((durationMs * perSecond) / 1000 - 1e-9);
  requireBounded(count);
  return Array.from({ length: count }, (_, index) => (index * 1000) / perSecond);
}

/** Independent arrivals: the gaps are exponential. */
function poisson(perSecond: number, durationMs: number, seed: number): readonly number[] {
  const times: number[] = [];
  let atMs = 0;
  for (let index = 0; ; index += 1) {
    atMs += (-Math.log(1 - draw(seed, index, 'gap')) * 1000) / perSecond;
    if (atMs >= durationMs) return times;
    times.push(atMs);
    requireBounded(times.length);
  }
}

/** The rate changes evenly from one end to the other: request k is due where the rate's integral reaches k. */
function ramp(fromPerSecond: number, toPerSecond: number, durationMs: number): readonly number[] {
  const seconds = durationMs / 1000;
  const slope = (toPerSecond - fromPerSecond) / seconds;
  const count = Math.floor(((fromPerSecond + toPerSecond) / 2) * seconds);
  requireBounded(count);
  return Array.from({ length: count }, (_, k) => {
    if (slope === 0) return (k * 1000) / fromPerSecond;
    return ((Math.sqrt(Math.max(0, fromPerSecond ** 2 + 2 * slope * k)) - fromPerSecond) / slope) * 1000;
  });
}

function requireBounded(count: number): void {
  if (count > MAX_REQUESTS) throw new OrderError(`the order asks for more than ${MAX_REQUESTS} requests`);
}
