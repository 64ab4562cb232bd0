import { z } from 'zod';
import { callGateway, describeCall, notLive, readinessQuestion, readReadiness } from './gateway-calls.ts';
import { gatewayConfigFault } from './gateway-config-fault.ts';

const redacting: readonly string[] = ['presidio', 'hide-secrets'];

/** Somebody looks for a bug: prompts are logged as they come, and nothing is masked in them. */
export const personalDataInLogs = gatewayConfigFault({
  id: 'personal-data-in-logs',
  title: 'Personal data in logs',
  symptom: 'The gateway’s log holds prompts and answers with e-mail addresses and card numbers; /health/readiness says log_prompts: true.',
  parameters: z.strictObject({}),
  edit(config) {
    config.set(['litellm_settings', 'turn_off_message_logging'], false);
    for (const place of config.guardrailsIfAny(({ guardrail }) => redacting.includes(guardrail)))
      config.set([...place, 'default_on'], false);
  },
  async prove(target) {
    const [call] = await callGateway(target, [readinessQuestion]);
    const state = readReadiness(call);
    if (state === undefined) return notLive(`The gateway does not tell its state: ${describeCall(call)}.`);
    return state.log_prompts ? { live: true, seen: 'The gateway logs prompts.' } : notLive('The gateway logs no prompts.');
  },
});
