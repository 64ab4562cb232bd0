import { createHash } from 'node:crypto';
import {
  chaosApiVersion,
  managedByLabel,
  type ChaosObjects,
  type Experiment,
  type ExperimentKind,
  type Schedule,
} from '../../chaos/chaos-types.ts';
import { parseTime } from '../client/wire-time.ts';
import { dueTimes, type DueTimes } from '../controllers/cron-schedule.ts';
import { controllerReference } from '../meta/owner-reference.ts';
import { durationMs } from './units.ts';

const DEFAULT_HISTORY_LIMIT = 1;

/** When a schedule is due: by cron in UTC, or `@every` so long after its last time. Undefined for what cannot be read. */
export function planTimes(schedule: Schedule, nowMs: number): DueTimes | undefined {
  const { startingDeadlineSeconds } = schedule.spec;
  const lastMs = parseTime(schedule.status?.time) ?? parseTime(schedule.metadata.creationTimestamp) ?? nowMs;
  const deadlineMs = typeof startingDeadlineSeconds === 'number' ? nowMs - startingDeadlineSeconds * 1000 : lastMs;
  const every = /^@every\s+(\S+)$/.exec(schedule.spec.schedule)?.[1];
  if (every === undefined) return dueTimes(schedule.spec.schedule, undefined, Math.max(lastMs, deadlineMs), nowMs);
  return timesOfInterval(every, lastMs, deadlineMs, nowMs);
}

/** Intervals under a second are a second. */
function timesOfInterval(every: string, lastMs: number, deadlineMs: number, nowMs: number): DueTimes | undefined {
  let intervalMs: number;
  try {
    intervalMs = Math.max(1000, durationMs(every, 'interval'));
  } catch {
    return undefined;
  }
  const missed = Math.floor((nowMs - lastMs) / intervalMs);
  const latestMs = lastMs + missed * intervalMs;
  const isDue = missed > 0 && latestMs >= deadlineMs;
  return { dueMs: isDue ? latestMs : undefined, nextMs: latestMs + intervalMs, isTooManyMissed: false };
}

/** Named by its time, so that one time makes one experiment. Undefined where the schedule holds no experiment of its type. */
export function planExperiment(schedule: Schedule, dueMs: number): Experiment | undefined {
  const { name, namespace } = schedule.metadata;
  const specs: { readonly [K in ExperimentKind]: ChaosObjects[K]['spec'] | undefined } = {
    PodChaos: schedule.spec.podChaos,
    NetworkChaos: schedule.spec.networkChaos,
    StressChaos: schedule.spec.stressChaos,
    HTTPChaos: schedule.spec.httpChaos,
  };
  const spec = Object.hasOwn(specs, schedule.spec.type) ? specs[schedule.spec.type] : undefined;
  if (spec === undefined) return undefined;
  const suffix = createHash('sha256').update(String(dueMs)).digest('hex').slice(0, 5);
  return {
    apiVersion: chaosApiVersion,
    kind: schedule.spec.type,
    metadata: {
      name: `${name}-${suffix}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [managedByLabel]: name },
      ownerReferences: [controllerReference(schedule)],
    },
    spec,
  } as Experiment;
}

/** The oldest of the finished that are more than the schedule keeps. */
export function planPruning({ spec }: Schedule, finished: readonly Experiment[]): readonly Experiment[] {
  const newestFirst = [...finished].sort((a, b) => createdMs(b) - createdMs(a) || (a.metadata.name < b.metadata.name ? 1 : -1));
  return newestFirst.slice(spec.historyLimit ?? DEFAULT_HISTORY_LIMIT);
}

function createdMs({ metadata }: Experiment): number {
  return parseTime(metadata.creationTimestamp) ?? 0;
}
