import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { asClient, askEndpoint } from './component.ts';
import type { FaultTarget } from './fault.ts';

/** What a burst of requests met: as many at once as the prober sends, which is eight. */
export interface Burst {
  readonly results: readonly ProbeResult[];
  /** Of one server, after the burst. */
  readonly metrics: string;
}

export interface BurstPlan {
  readonly count: number;
  /** Of the shortest prompt, of eight tokens or so each; the longest has 22 more. */
  readonly sentences: number;
  readonly answerTokens: number;
}

/** Different prompts, asked all at once: traffic that a healthy server takes with ease. */
export async function sendBurst(target: FaultTarget, { count, sentences, answerTokens }: BurstPlan): Promise<Burst> {
  const asks = Array.from({ length: count }, (_, index) => {
    const content = `Case ${index}. ${`Note ${index} of the shift. `.repeat(sentences + 2 * (index % 12))}`;
    const body = { model: target.endpoint.model, messages: [{ role: 'user', content }], max_tokens: answerTokens };
    return { method: 'POST', path: '/v1/chat/completions', body } as const;
  });
  const results = await askEndpoint(target, asks, asClient);
  const [scrape] = await askEndpoint(target, [{ method: 'GET', path: '/metrics' }], asClient);
  return { results, metrics: scrape?.kind === 'answered' ? scrape.body : '' };
}

/** The first sample of a metric; undefined where there is none. Pure. */
export function sampleOf(metrics: string, name: string): number | undefined {
  const line = metrics.split('\n').find((candidate) => candidate.startsWith(`${name}{`) || candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}
