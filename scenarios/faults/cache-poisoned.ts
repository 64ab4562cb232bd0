import { z } from 'zod';
import { callGateway, describeCall, nonce, notLive, question, readAnswer } from './gateway-calls.ts';
import { gatewayConfigFault } from './gateway-config-fault.ts';

const parameters = z.strictObject({
  /** Least cosine of two prompts that count as one. */
  similarity: z.number().min(0.1).max(0.7).default(0.4),
});

/** The cache is made generous to save money: whoever asks something like what was asked before gets the answer to that. */
export const cachePoisoned = gatewayConfigFault({
  id: 'cache-poisoned',
  title: 'Poisoned cache',
  symptom: 'Clients get answers to other clients’ questions, at once and with x-litellm-cache-hit: True.',
  parameters,
  edit(config, _, { similarity }) {
    config.set(['litellm_settings', 'cache'], true);
    const params = { type: 'semantic', similarity_threshold: similarity, ttl: 86_400, mode: 'default_on' };
    for (const [key, value] of Object.entries(params)) config.set(['litellm_settings', 'cache_params', key], value);
  },
  async prove(target) {
    const { model } = target.endpoint;
    const [mine, yours] = [nonce(), nonce()];
    const ask = (number: string) => question(model, `Repeat exactly: the contract of our customer has the number ${number} today`, {});
    const [first] = await callGateway(target, [ask(mine)]);
    const [second] = await callGateway(target, [ask(yours)]);
    const answer = readAnswer(second);
    if (readAnswer(first) === undefined || answer === undefined || second?.kind !== 'answered')
      return notLive(`The gateway does not answer: ${describeCall(readAnswer(first) === undefined ? first : second)}.`);
    if (second.headers['x-litellm-cache-hit'] !== 'True' || answer.content.includes(yours))
      return notLive('Two clients with like questions each get the answer to their own.');
    return { live: true, seen: 'A question was answered from the cache with the answer to another one.' };
  },
});
