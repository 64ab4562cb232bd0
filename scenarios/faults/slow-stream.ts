import { z } from 'zod';
import { providerFault, providerField, proveByReply } from './provider-fault.ts';
import type { ProviderReply } from './provider-client.ts';

/** Enough pieces for a time between them, few enough that a slow stream ends soon. */
const PROMPT = 'Repeat exactly: one two three four five six';

/** Answers begin as fast as ever and then drip. */
export const slowStream = providerFault({
  id: 'slow-stream',
  title: 'Slow stream',
  symptom:
    'The time to the first token is as ever and the time between tokens many times longer; clients with a total timeout lose the end.',
  parameters: z.strictObject({
    ...providerField,
    /** Times the time between tokens. */
    factor: z.number().min(5).max(1_000).default(25),
  }),
  member: 'slowStream',
  plan: ({ factor }) => ({ factor }),
  prove: (client, { factor }) => {
    const model = client.model();
    const healthyGapMs = 1_000 / model.speed.tokensPerSecond;
    return proveByReply(client, [{ model, prompt: PROMPT, isStream: true }], (reply) => {
      const gapMs = gapOf(reply);
      if (gapMs === undefined || gapMs < (healthyGapMs * factor) / 2) return undefined;
      return `${Math.round(gapMs)} ms between tokens, where ${Math.round(healthyGapMs)} ms are usual`;
    });
  },
});

/** Undefined for what is no stream of several pieces. Pure. */
export function gapOf(reply: ProviderReply): number | undefined {
  if (reply.kind !== 'answered') return undefined;
  const [first, last] = [reply.pieces[0], reply.pieces.at(-1)];
  if (first === undefined || last === undefined || reply.pieces.length < 3) return undefined;
  return (last.atMs - first.atMs) / (reply.pieces.length - 1);
}
