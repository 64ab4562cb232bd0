import { readFileSync } from 'node:fs';
import type { AttemptView } from '../../server/contract/attempts.ts';
import { startDemoServer, type DemoServer } from './demo-server.ts';
import { openTerminal, measureEcho, measureFlood } from './terminals.ts';
import { percentile, timed, type Measurement } from './measure.ts';

const COLD_STARTS = 3;

/** What a trainee waits for, on one runtime: lab start, keys, flood, verdict. Each on a real server with real pods. */
export async function measureAttempts(runtime: 'process' | 'docker'): Promise<readonly Measurement[]> {
  await using demo = await startDemoServer(runtime);
  const named = (measurements: readonly Measurement[]): Measurement[] =>
    measurements.map((one) => ({ ...one, name: `${runtime}: ${one.name}` }));
  const before = residentBytes(demo.server.pid);
  const starts: number[] = [];
  let attempt: AttemptView | undefined;
  for (let index = 0; index < COLD_STARTS; index += 1) {
    if (attempt !== undefined) await demo.trainee.request('POST', `/api/attempts/${attempt.id}/abandon`, {});
    const started = await timed(() => startIncident(demo));
    starts.push(started.tookMs);
    attempt = started.result;
  }
  if (attempt === undefined) return [];
  const perSandboxMb = (residentBytes(demo.server.pid) - before) / 1e6;
  const echo = await measureEcho(demo.trainee, attempt);
  const flood = await measureFlood(demo.trainee, attempt);
  const graded = await timed(() => grade(demo, attempt));
  return named([
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

async function grade({ trainee }: DemoServer, attempt: AttemptView): Promise<void> {
  await trainee.request('POST', `/api/attempts/${attempt.id}/grade`, {});
  await trainee.waitForAttempt(attempt.id, ({ state }) => ['passed', 'failed'].includes(state), 180_000);
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}
