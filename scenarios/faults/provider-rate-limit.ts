import { z } from 'zod';
import { notYet, providerFault, providerField, repeated } from './provider-fault.ts';
import { describeReply, type ProviderReply } from './provider-client.ts';

/** The burst that shows it is bounded; more would be a load of its own. */
const MAX_BURST = 150;

/** The provider lets its customers do a fraction of what they did. */
export const providerRateLimit = providerFault({
  id: 'provider-rate-limit',
  title: 'Provider rate limit',
  symptom:
    'The provider answers 429 with its limit in words and headers; its own wait is announced. After a quiet while some requests pass again.',
  parameters: z.strictObject({
    ...providerField,
    /** Every limit by the minute, times this. */
    factor: z.number().gt(0).max(0.1).default(0.02),
  }),
  member: 'limitsCut',
  plan: ({ factor }) => ({ factor }),
  async prove(client) {
    const question = { model: client.model('small'), prompt: 'Repeat exactly: x', maxTokens: 1 };
    const [first] = await client.ask([question]);
    const limit = first === undefined ? 0 : limitIn(first);
    const burst = limit > 0 && limit < MAX_BURST && first?.kind === 'answered' ? await client.ask(repeated(question, limit)) : [];
    const replies = first === undefined ? burst : [first, ...burst];
    const limited = replies.filter(isLimited);
    if (limited.length === 0) return notYet(`${replies.length} requests at once met ${describeReply(replies.at(-1))}.`);
    return { live: true, seen: `${limited.length} of ${replies.length} requests at once: ${describeReply(limited[0])}` };
  },
});

function limitIn(reply: ProviderReply): number {
  if (reply.kind === 'lost') return 0;
  return Number(reply.headers['x-ratelimit-limit-requests'] ?? reply.headers['anthropic-ratelimit-requests-limit'] ?? 0);
}

function isLimited(reply: ProviderReply): boolean {
  return reply.kind === 'refused' && reply.status === 429 && ['rate_limit_exceeded', 'rate_limit_error'].includes(reply.code);
}
