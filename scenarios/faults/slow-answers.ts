import { deviceProfiles } from '../../infra/images/inference/devices.ts';
import { findModel, speedOn } from '../../infra/images/inference/models.ts';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { asClient, askEndpoint, describeResult } from './component.ts';
import type { FaultTarget, Proof } from './fault.ts';
import { proveServing } from './released-image.ts';
import { requireServing } from './template-change.ts';

const MIN_GAPS = 8;
/** What noise on a busy machine does not reach, and every fault that slows does. */
const LEAST_FACTOR = 2;

/** Proof that the endpoint answers, and does so at half its model's speed or less: by the usual gap between two tokens of a stream. */
export function proveSlow(target: FaultTarget): Promise<Proof> {
  return proveServing(target, async () => {
    const usualMs = await usualGapMs(target);
    const body = {
      model: target.endpoint.model,
      messages: [{ role: 'user', content: 'Describe the last shift in a few sentences.' }],
      stream: true,
      max_tokens: 48,
    };
    const [result] = await askEndpoint(target, [{ method: 'POST', path: '/v1/chat/completions', body }], asClient);
    const gapMs = medianGapMs(result);
    if (gapMs === undefined) return { live: false, reason: `The endpoint does not stream: ${describeResult(result)}.` };
    const said = `${gapMs.toFixed(1)} ms from token to token, where this model takes ${usualMs.toFixed(1)}`;
    return gapMs >= LEAST_FACTOR * usualMs
      ? { live: true, seen: `${said}.` }
      : { live: false, reason: `The endpoint is fast enough: ${said}.` };
  });
}

/** What the model takes on the slowest device of the kind that the container asks for. */
async function usualGapMs(target: FaultTarget): Promise<number> {
  const { container } = await requireServing(target);
  const model = findModel(target.endpoint.root);
  if (model === undefined) throw new RangeError(`Nothing is known of the speed of the model ${target.endpoint.root}.`);
  const device = container.resources?.limits?.['nvidia.com/gpu'] === undefined ? deviceProfiles.cpu : deviceProfiles.l4;
  return speedOn(model, device).interTokenMs;
}

/** Undefined for what is no stream of some length. Pure. */
export function medianGapMs(result: ProbeResult | undefined): number | undefined {
  const times = result?.kind === 'answered' && result.status === 200 ? (result.events ?? []).map(({ atMs }) => atMs) : [];
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
  return gaps.length < MIN_GAPS ? undefined : gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)];
}
