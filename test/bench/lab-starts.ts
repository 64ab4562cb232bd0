import { catalogueSchema } from '../../server/contract/labs.ts';
import { startDemoServer, type DemoServer } from './demo-server.ts';
import { timed, type Measurement } from './measure.ts';

/** Issue 4: healthy, baseline taken, fault live. */
const TARGET_S = 10;

/** Every lab with each of its faults, one after the other, each in a sandbox made for it: how long until the clock starts. */
export async function measureLabStarts(runtime: 'process' | 'docker'): Promise<readonly Measurement[]> {
  await using demo = await startDemoServer(runtime);
  const { labs } = catalogueSchema.parse(await demo.instructor.request('GET', '/api/labs'));
  const measurements: Measurement[] = [];
  for (const lab of labs) {
    const starts: { readonly fault: string; readonly seconds: number }[] = [];
    for (const { id } of lab.faults) starts.push({ fault: id, seconds: await startSeconds(demo, lab.slug, id) });
    const worst = starts.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    measurements.push({
      name: `${runtime}: ${lab.slug} cold to live fault`,
      value: worst.seconds,
      unit: 's',
      target: { atMost: TARGET_S },
      basis: `slowest of ${starts.length} faults, ${worst.fault}`,
    });
  }
  return measurements;
}

async function startSeconds({ instructor }: DemoServer, lab: string, fault: string): Promise<number> {
  const { result, tookMs } = await timed(async () => {
    const { id } = await instructor.startAttempt(lab, 'incident', fault);
    return instructor.waitForAttempt(id, ({ state }) => state === 'incident' || state === 'broken', 120_000);
  });
  if (result.state === 'broken') throw new Error(`${lab} with ${fault} broke: ${result.trouble ?? ''}`);
  await instructor.request('POST', `/api/attempts/${result.id}/abandon`, {});
  return tookMs / 1000;
}
