import { z } from 'zod';
import { callGateway, describeCall, echoQuestion, notLive } from './gateway-calls.ts';
import { GatewayConfigText, requireGatewayConfig } from './gateway-config.ts';
import { gatewayConfigFault } from './gateway-config-fault.ts';
import type { FaultTarget } from './fault.ts';

const MAX_DEPLOYMENTS = 20;

const parameters = z.strictObject({
  /** Requests a minute that the gateway lets through to each deployment. */
  requestsPerMinute: z.int().min(1).max(3),
});

/** A limit meant to spare the providers is set far too low: the 429 that clients get is the gateway's own. */
export const gatewayRateLimit = gatewayConfigFault({
  id: 'gateway-rate-limit',
  title: 'Gateway’s own rate limit',
  symptom: 'Clients get 429 with the header rate_limit_type and none of a provider’s; the providers are idle.',
  parameters,
  edit(config, _, { requestsPerMinute }) {
    for (const index of config.file.model_list.keys()) config.set(['model_list', index, 'litellm_params', 'rpm'], requestsPerMinute);
  },
  async prove(target, { requestsPerMinute }) {
    const count = Math.min(await countDeployments(target), MAX_DEPLOYMENTS) * requestsPerMinute + 1;
    const calls = await callGateway(
      target,
      Array.from({ length: count }, () => echoQuestion(target.endpoint.model)),
    );
    const own = calls.find((call) => call.kind === 'answered' && call.status === 429 && call.headers['rate_limit_type'] === 'model');
    if (own === undefined) return notLive(`None of ${count} requests met the gateway’s limit: ${describeCall(calls.at(-1))}.`);
    return { live: true, seen: `The gateway itself refuses one of ${count} requests at once.` };
  },
});

async function countDeployments(target: FaultTarget): Promise<number> {
  return new GatewayConfigText((await requireGatewayConfig(target)).text).file.model_list.length;
}
