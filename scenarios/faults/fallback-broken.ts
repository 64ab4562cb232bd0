import { z } from 'zod';
import type { FaultTarget, Proof } from './fault.ts';
import {
  callGateway,
  describeCall,
  pastTheCache,
  notLive,
  question,
  readinessQuestion,
  readReadiness,
  readRefusal,
} from './gateway-calls.ts';
import { GatewayConfigText, requireGatewayConfig } from './gateway-config.ts';
import { gatewayConfigFault } from './gateway-config-fault.ts';

const parameters = z.strictObject({
  /** `unknown-group`: the fallback names a group that was renamed. `wrong-key`: the group is there, and its provider refuses its key. */
  way: z.enum(['unknown-group', 'wrong-key']),
});

/** Nobody notices: the way out is blocked, and it takes the day that it is needed to find out. */
export const fallbackBroken = gatewayConfigFault({
  id: 'fallback-broken',
  title: 'Broken fallback',
  symptom: 'All is well until the first provider fails; then clients get its error, with "Error doing the fallback" in it.',
  parameters,
  edit(config, { model }, { way }) {
    const { place, groups } = config.fallbacksOf(config.groupOf(model));
    if (way === 'unknown-group') config.set(place, groups.map(renamed));
    else
      for (const group of groups)
        for (const deployment of config.deploymentsOf(config.groupOf(group))) config.set([...deployment.place, 'api_key'], RETIRED_KEY);
  },
  prove: (target, { way }) => (way === 'unknown-group' ? proveUnknown(target) : proveRefused(target)),
});

const RETIRED_KEY = 'sk-retired-0f3a9c51e7';

function renamed(group: string): string {
  return `${group}-v2`;
}

async function proveUnknown(target: FaultTarget): Promise<Proof> {
  const groups = await fetchFallbacks(target);
  const [state, ...calls] = await callGateway(target, [readinessQuestion, ...groups.map((group) => question(group, 'Repeat exactly: x'))]);
  const warned = readReadiness(state)?.config.warnings.filter((warning) => warning.includes('this fallback leads nowhere')) ?? [];
  const reached = calls.find((call) => call.kind !== 'answered' || call.status !== 400);
  if (warned.length === 0) return notLive('The gateway runs with fallbacks that it knows.');
  if (reached !== undefined) return notLive(`A fallback is not refused as unknown: ${describeCall(reached)}.`);
  return { live: true, seen: `The gateway knows no group ${groups.join(' and no group ')}.` };
}

async function proveRefused(target: FaultTarget): Promise<Proof> {
  const groups = await fetchFallbacks(target);
  if (groups.length === 0) return notLive('There is no fallback.');
  const own = { ...pastTheCache, disable_fallbacks: true };
  const calls = await callGateway(
    target,
    groups.map((group) => question(group, 'Repeat exactly: x', own)),
  );
  const reached = calls.find((call) => readRefusal(call)?.message.includes('AuthenticationError') !== true);
  if (reached !== undefined) return notLive(`A fallback is not refused for its key: ${describeCall(reached)}.`);
  return { live: true, seen: `The providers of ${groups.join(' and ')} refuse the gateway’s key.` };
}

/** None where the trainee has taken them away. */
async function fetchFallbacks(target: FaultTarget): Promise<readonly string[]> {
  const config = new GatewayConfigText((await requireGatewayConfig(target)).text);
  return config.findFallbacks(config.groupOf(target.endpoint.model))?.groups ?? [];
}
