import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointFaultIds, findFault } from '../../scenarios/faults/fault-catalogue.ts';
import type { Proof } from '../../scenarios/faults/fault.ts';
import { EndpointWorld, RECOVERED_WITHIN_MS } from './endpoint-world.ts';

/** What a lab would set; those that are not here take no parameters. */
const parameters: Readonly<Record<string, object>> = {
  'bad-image': { image: 'registry.lab/inference:1.4.3' },
  'memory-exhausted': { kvCache: '512Mi', fallbackLimit: '48Mi' },
  'context-overflow': { maxModelLen: 64 },
  'quota-hit': { memory: '64Mi' },
  'readiness-broken': { path: '/healthz' },
  'wrong-target-port': { targetPort: 8080 },
  'certificate-expired': { expiredForDays: 3 },
  'volume-missing': { suffix: 'v3' },
  'rollout-stuck': { deadlineSeconds: 5, zone: 'eu-west-9z' },
  'network-policy-too-tight': { name: 'default-deny' },
  'gpu-exhausted': { gpus: 2 },
  'probe-too-eager': { loadMs: 8_000 },
};

const LIVE_WITHIN_MS = 60_000;
let world: EndpointWorld;
beforeAll(async () => void (world = await EndpointWorld.open()), 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

async function untilLive(look: () => Promise<Proof>): Promise<Proof> {
  const deadline = Date.now() + LIVE_WITHIN_MS;
  for (;;) {
    const proof = await look();
    if (proof.live || Date.now() > deadline) return proof;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('on a healthy endpoint', () => {
  it.each(endpointFaultIds)(
    '%s is injected, shown to be live, and taken back',
    async (id) => {
      await world.awaitHealthy();
      const fault = findFault(id)!;
      const data = JSON.parse(JSON.stringify(await fault.inject(world.target, parameters[id] ?? {}))) as unknown;
      const proof = await untilLive(() => fault.prove(world.target, data));
      await fault.recover(world.target, data);
      expect(proof.live, JSON.stringify(proof)).toBe(true);
      await world.awaitHealthy();
    },
    LIVE_WITHIN_MS + 2 * RECOVERED_WITHIN_MS,
  );
});
