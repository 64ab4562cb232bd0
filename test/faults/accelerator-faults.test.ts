import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceleratorFaultIds, findFault } from '../../scenarios/faults/fault-catalogue.ts';
import { EndpointWorld, RECOVERED_WITHIN_MS } from './endpoint-world.ts';
import { until } from './gateway-world.ts';

const LIVE_WITHIN_MS = 60_000;

let world: EndpointWorld;
beforeAll(async () => {
  world = await EndpointWorld.open('paths');
}, 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

it.each(acceleratorFaultIds)(
  'on a healthy endpoint with a GPU %s is injected, shown to be live, and taken back',
  async (id) => {
    const fault = findFault(id)!;
    await world.awaitHealthy();
    expect(await fault.prove(world.target, {})).toMatchObject({ live: false });
    const data = JSON.parse(JSON.stringify(await fault.inject(world.target, {}))) as unknown;
    // A server that was killed in the middle injects once more.
    await fault.inject(world.target, {});
    await until(`${id} is live`, async () => (await fault.prove(world.target, data)).live);
    await fault.recover(world.target, data);
    await world.awaitHealthy();
  },
  LIVE_WITHIN_MS + 2 * RECOVERED_WITHIN_MS,
);
