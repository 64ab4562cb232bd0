import type { ChaosRecord, StressChaos, StressChaosSpec } from '../../chaos/chaos-types.ts';
import type { ExecSession } from '../../runtime/runtime.ts';
import type { ApiClient } from '../client/api-client.ts';
import { resources } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
import type { Container, Pod } from '../meta/generated/types.ts';
import { quantityUnits } from '../meta/quantity.ts';
import { ChaosRefusal, targetOf, type ChaosEffects } from './chaos-context.ts';
import { podRef, type PodHands } from './pod-hands.ts';
import { stressProgram, type StressOrder } from './stress-program.ts';
import { sizeBytes } from './units.ts';

/** stress-ng's own where no size is given, for each worker. */
const DEFAULT_WORKER_SIZE = '256MB';
const MAX_CPU_WORKERS = 16;
/** A container without a limit stands on memory that others need. */
const MAX_UNLIMITED_BYTES = 1024 ** 3;
/** More than what kills the container changes nothing. */
const MAX_OF_LIMIT = 2;
const START_TIMEOUT_MS = 20_000;

/** StressChaos: a process in the container, within the container's limits, for as long as the experiment is in force. */
export class StressEffects implements ChaosEffects<StressChaos> {
  readonly #api: ApiClient;
  readonly #hands: PodHands;
  readonly #clock: Clock;
  /** By experiment and record. A stressor that was killed with its container stays here: it is not started anew, as in Chaos Mesh. */
  readonly #sessions = new Map<string, ExecSession>();

  constructor(parts: { readonly api: ApiClient; readonly hands: PodHands; readonly clock: Clock }) {
    this.#api = parts.api;
    this.#hands = parts.hands;
    this.#clock = parts.clock;
  }

  isOneShot(): boolean {
    return false;
  }

  isOfContainers(): boolean {
    return true;
  }

  async inject({ metadata, spec }: StressChaos, record: ChaosRecord): Promise<void> {
    const key = `${metadata.uid ?? ''} ${record.id}`;
    if (this.#sessions.has(key)) return;
    const { namespace, pod: name, container = '' } = targetOf(record);
    const pod = await this.#api.get<Pod>(resources.pods, name, namespace);
    const order = planStress(spec, memoryLimitBytes(pod.spec?.containers.find((one) => one.name === container)));
    const command = ['node', '-e', stressProgram, JSON.stringify(order)];
    const session = await this.#hands.exec(podRef(pod), container, { command, tty: false, stdin: true });
    try {
      await started(session, this.#clock);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    this.#sessions.set(key, session);
  }

  async recover({ metadata }: StressChaos, record: ChaosRecord): Promise<void> {
    const key = `${metadata.uid ?? ''} ${record.id}`;
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    await session?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  }
}

/** What to order for a container with that limit. Throws what is not served, and what is more than the machine can be asked for. */
export function planStress({ stressors, stressngStressors }: StressChaosSpec, limitBytes: number | undefined): StressOrder {
  if (stressngStressors !== undefined && stressngStressors !== '') throw new ChaosRefusal('stressngStressors is not served; stressors is');
  const { memory, cpu } = stressors ?? {};
  if (memory === undefined && cpu === undefined) throw new ChaosRefusal('stressors name neither memory nor cpu');
  if ([...(memory?.options ?? []), ...(cpu?.options ?? [])].length > 0) throw new ChaosRefusal('options of stress-ng are not served');
  const cpuWorkers = cpu?.workers ?? 0;
  if (cpuWorkers > MAX_CPU_WORKERS) throw new ChaosRefusal(`${cpuWorkers} cpu workers are more than ${MAX_CPU_WORKERS}`);
  const memoryBytes = memory === undefined ? 0 : memorySize(memory, limitBytes);
  const largest = limitBytes === undefined ? MAX_UNLIMITED_BYTES : limitBytes * MAX_OF_LIMIT;
  if (memoryBytes > largest) throw new ChaosRefusal(`${memoryBytes} bytes of memory are more than the ${largest} that are let`);
  return { memoryBytes, cpuWorkers, cpuLoad: Math.min(100, cpu?.load ?? 100) / 100 };
}

function memorySize({ workers, size }: { readonly workers: number; readonly size?: string }, limitBytes: number | undefined): number {
  return size === undefined ? workers * sizeBytes(DEFAULT_WORKER_SIZE, undefined) : sizeBytes(size, limitBytes);
}

function memoryLimitBytes(container: Container | undefined): number | undefined {
  const limit = container?.resources?.limits?.['memory'];
  return limit === undefined ? undefined : quantityUnits(limit);
}

/** Resolves with the program's first word. */
async function started(session: ExecSession, clock: Clock): Promise<void> {
  let complaint = '';
  session.stderr?.on('data', (data: Buffer) => (complaint = `${complaint}${data.toString()}`.slice(-500)));
  const first = new Promise<void>((resolve) => session.stdout.once('data', () => resolve()));
  session.stdout.resume();
  const ended = session.exited.then(({ exitCode }) => {
    throw new ChaosRefusal(`the stressor ended with ${exitCode}: ${complaint.trim()}`);
  });
  let timer: Disposable | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.after(START_TIMEOUT_MS, () => reject(new ChaosRefusal('the stressor did not start in time')));
  });
  try {
    await Promise.race([first, ended, late]);
  } finally {
    timer?.[Symbol.dispose]();
    // What becomes of it later is of no account.
    ended.catch(() => undefined);
    late.catch(() => undefined);
  }
}
