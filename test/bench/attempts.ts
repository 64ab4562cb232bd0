import type { AttemptView } from '../../server/contract/attempts.ts';
import { startDemoServer, type DemoServer } from './demo-server.ts';
import { openTerminal, measureEcho, measureFlood } from './terminals.ts';
import { residentBytes } from './load-usage.ts';
import { percentile, timed, type Measurement } from './measure.ts';

const COLD_STARTS = 3;

/** What a trainee waits for, on one runtime: lab start, keys, flood, verdict. Each on a real server with real pods. */
export async function measureAttempts(runtime: 'process' | 'docker'): Promise<readonly Measurement[]> {
  await using demo = await startDemoServer(runtime);
  const named = (measurements: readonly Measurement[]): Measurement[] =>
    measurements.map((one) => ({ ...one, name: `${runtime}: ${one.name}` }));
  const before = residentBytes(demo.server.pid);
  const starts: number[] = [];
  const healthy: number[] = [];
  for (let index = 1; index < COLD_STARTS; index += 1) {
    const started = await timed(() => startIncident(demo));
    starts.push(started.tookMs);
    await demo.trainee.request('POST', `/api/attempts/${started.result.id}/abandon`, {});
    healthy.push(await healthyAfter(demo, started.result.id));
  }
  const last = await timed(() => startIncident(demo));
  starts.push(last.tookMs);
  const attempt = last.result;
  const perSandboxMb = (residentBytes(demo.server.pid) - before) / 1e6;
  const echo = await measureEcho(demo.trainee, attempt);
  const flood = await measureFlood(demo.trainee, attempt);
  const graded = await timed(() => grade(demo, attempt));
  healthy.push(await healthyAfter(demo, attempt.id));
  return named([
    {
      name: 'lab start cold to healthy inference server',
      value: percentile(healthy, 0.5) / 1000,
      unit: 's',
      target: { atMost: 3 },
      basis: `median of ${healthy.length}`,
    },
    {
      name: 'lab start cold to usable shell and live fault',
      value: percentile(starts, 0.5) / 1000,
      unit: 's',
      target: { atMost: 10 },
      basis: `median of ${starts.length}`,
    },
    ...echo,
    flood,
    { name: 'grading', value: graded.tookMs / 1000, unit: 's', basis: 'one verdict, stability window included' },
    { name: 'orchestrator memory for a sandbox', value: perSandboxMb, unit: 'MB', basis: `resident, after ${COLD_STARTS} starts` },
  ]);
}

async function startIncident({ trainee }: DemoServer): Promise<AttemptView> {
  const { id } = await trainee.startAttempt('endpoint', 'incident');
  const attempt = await trainee.waitForAttempt(id, ({ state }) => state === 'incident' || state === 'broken', 120_000);
  if (attempt.state === 'broken') throw new Error(`the attempt broke: ${attempt.trouble ?? ''}`);
  const socket = await trainee.connect();
  await openTerminal(trainee, socket, attempt);
  socket.close();
  return attempt;
}

/** Milliseconds from the request to the injection, by the attempt's own journal: before it the server was found healthy and its baseline taken. */
async function healthyAfter({ instructor }: DemoServer, attemptId: string): Promise<number> {
  const { timeline } = await instructor.result(attemptId);
  const momentOf = (kind: string): number => Date.parse(timeline.find((entry) => entry.kind === kind)?.at ?? '');
  return momentOf('fault-injected') - momentOf('requested');
}

async function grade({ trainee }: DemoServer, attempt: AttemptView): Promise<void> {
  await trainee.request('POST', `/api/attempts/${attempt.id}/grade`, {});
  await trainee.waitForAttempt(attempt.id, ({ state }) => ['passed', 'failed'].includes(state), 180_000);
}
