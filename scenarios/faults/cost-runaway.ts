import { z } from 'zod';
import { callGateway, describeCall, nonce, notLive, question, readAnswer } from './gateway-calls.ts';
import { nothingToBreak } from './gateway-config.ts';
import { gatewayConfigFault } from './gateway-config-fault.ts';

const parameters = z.strictObject({
  /** With its provider, e.g. `openai/alpha-4`. */
  model: z.string().regex(/^[a-z_]+\/\S+$/),
  /** US dollars a token. */
  inputCost: z.number().positive().max(1),
  outputCost: z.number().positive().max(1),
});

/** An upgrade for better answers: the group is served by the provider's largest model, and nothing is answered from the cache any more. */
export const costRunaway = gatewayConfigFault({
  id: 'cost-runaway',
  title: 'Runaway cost',
  symptom: 'Answers are as before; litellm_spend_metric_total grows many times as fast, and there are no cache hits.',
  parameters,
  edit(config, { model: wanted }, { model, inputCost, outputCost }) {
    const provider = model.slice(0, model.indexOf('/') + 1);
    const own = config.deploymentsOf(config.groupOf(wanted)).filter((deployment) => deployment.model.startsWith(provider));
    if (own.length === 0) throw nothingToBreak(`${wanted} is not served by ${provider.slice(0, -1)}`);
    for (const { place } of own) {
      config.set([...place, 'model'], model);
      config.set([...place, 'input_cost_per_token'], inputCost);
      config.set([...place, 'output_cost_per_token'], outputCost);
    }
    config.set(['litellm_settings', 'cache_params', 'supported_call_types'], []);
  },
  async prove(target, { inputCost, outputCost }) {
    const ask = question(target.endpoint.model, `Repeat exactly: ${nonce()}`, {});
    await callGateway(target, [ask]);
    const [again] = await callGateway(target, [ask]);
    const answer = readAnswer(again);
    if (answer === undefined || again?.kind !== 'answered') return notLive(`The gateway does not answer: ${describeCall(again)}.`);
    if (again.headers['x-litellm-cache-hit'] === 'True') return notLive('A question asked twice is still paid for once.');
    const cost = Number(again.headers['x-litellm-response-cost'] ?? 0);
    // Half: a provider may bill part of the input as cached.
    if (cost < (answer.tokens.input * inputCost + answer.tokens.output * outputCost) / 2)
      return notLive(`A question costs ${cost} dollars, less than the new model’s price.`);
    return { live: true, seen: `A question asked twice is paid for twice, ${cost} dollars each time.` };
  },
});
