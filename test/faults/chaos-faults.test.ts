import { afterAll, beforeAll, expect, it } from 'vitest';
import { chaosFaultIds, findFault } from '../../scenarios/faults/fault-catalogue.ts';
import { experimentOf } from '../../scenarios/faults/chaos-fault.ts';
import { EndpointWorld, RECOVERED_WITHIN_MS } from './endpoint-world.ts';

const LIVE_WITHIN_MS = 60_000;
const parameters: Readonly<Record<string, object>> = {
  'chaos-network-delay': { latencyMs: 800 },
  'chaos-pod-kill': { everySeconds: 5 },
};

let world: EndpointWorld;
beforeAll(async () => void (world = await EndpointWorld.open()), 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

it.each(chaosFaultIds)(
  '%s is injected once, however often it is asked for, shown to be live, and taken back whole',
  async (id) => {
    await world.awaitHealthy();
    const fault = findFault(id)!;
    const inject = async (): Promise<unknown> => JSON.parse(JSON.stringify(await fault.inject(world.target, parameters[id]))) as unknown;
    const data = await inject();
    await inject();
    const proof = async (): Promise<boolean> => (await fault.prove(world.target, data)).live;
    await expect.poll(proof, { timeout: LIVE_WITHIN_MS, interval: 200 }).toBe(true);
    await fault.recover(world.target, data);
    await world.awaitHealthy();
    expect(await proof()).toBe(false);
    const { namespace, name } = experimentOf(id);
    for (const kind of ['NetworkChaos', 'Schedule'] as const)
      expect((await world.target.chaos!.list(kind, namespace)).filter(({ metadata }) => metadata.name === name)).toEqual([]);
    await fault.recover(world.target, data);
  },
  LIVE_WITHIN_MS + 2 * RECOVERED_WITHIN_MS,
);
