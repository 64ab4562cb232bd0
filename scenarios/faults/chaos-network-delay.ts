import { z } from 'zod';
import { createExperiment, experimentOf, removeExperiment, selectEndpoint, withChaos } from './chaos-fault.ts';
import type { Fault } from './fault.ts';

const id = 'chaos-network-delay';
const parametersSchema = z.strictObject({
  latencyMs: z.int().min(300).max(10_000).default(1_500),
  jitterMs: z.int().min(0).max(1_000).default(0),
});
const dataSchema = z.object({ latencyMs: z.number(), jitterMs: z.number() });

/** A slow wire: whatever the endpoint's pods send arrives late. Pods that come later have a good one, as with Chaos Mesh everywhere. */
export const chaosNetworkDelay: Fault = {
  id,
  title: 'Slow network',
  symptom: 'Everything is healthy and every answer of the endpoint comes late, by the same time, whatever was asked.',
  leavesBehind: 'The wire is as before.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const { latencyMs, jitterMs } = parametersSchema.parse(parameters);
    const delay = { latency: `${latencyMs}ms`, jitter: `${jitterMs}ms` };
    const spec = { ...(await selectEndpoint(target, 'all')), action: 'delay', delay } as const;
    await createExperiment(target, { kind: 'NetworkChaos', ...experimentOf(id), spec });
    await withChaos(target, (chaos) => chaos.awaitInjected('NetworkChaos', experimentOf(id)));
    return { latencyMs, jitterMs };
  },
  async prove(target, data) {
    const { latencyMs, jitterMs } = dataSchema.parse(data);
    const { namespace, service, port } = target.endpoint;
    const atLeastMs = latencyMs - jitterMs;
    const request = { name: 'late', url: `http://${service}.${namespace}:${port}/health`, timeoutMs: 60_000 };
    const [result] = await target.prober.probe([request], target.signal);
    if (result === undefined) return { live: false, reason: 'The prober said nothing.' };
    // A TLS server breaks a plain request off; that too it can only do once the connection is there.
    if (result.kind === 'unanswered' && (result.phase === 'resolve' || result.phase === 'connect'))
      return { live: false, reason: `Nobody can connect: ${result.code}.` };
    const tookMs = Math.round(result.totalMs);
    if (tookMs < atLeastMs) return { live: false, reason: `The endpoint reacts after ${tookMs} ms.` };
    return { live: true, seen: `The endpoint reacts after ${tookMs} ms.` };
  },
  recover: (target) => removeExperiment(target, 'NetworkChaos', id),
};
