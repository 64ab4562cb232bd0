import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { CronJob, Job, Pod } from '../meta/generated/types.ts';
import { dueTimes } from './cron-schedule.ts';
import { ControllersHarness } from './controllers-harness.ts';
import { formatIndexes, parseIndexes } from './job-indexes.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const { jobs, cronJobs } = resources;
const podTemplate = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } };
const job = (spec: Partial<NonNullable<Job['spec']>> = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'once', namespace: 'ns' },
  spec: { parallelism: 1, completions: 1, backoffLimit: 6, template: podTemplate, ...spec },
});
const once = (): Promise<Job> => h.get<Job>(jobs, 'once');
const conditions = async (): Promise<string[]> =>
  ((await once()).status?.conditions ?? []).map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`);
const active = async (): Promise<Pod[]> =>
  (await h.pods()).filter(
    ({ status, metadata }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && metadata.deletionTimestamp === undefined,
  );

test('a Job runs its pod, counts it and completes', async () => {
  await h.create(jobs, job());
  await h.settle();
  const [pod] = await h.pods();
  expect(pod?.metadata).toMatchObject({
    labels: { 'job-name': 'once', 'batch.kubernetes.io/job-name': 'once' },
    finalizers: ['batch.kubernetes.io/job-tracking'],
  });
  await h.runPods();
  expect((await once()).status).toMatchObject({ active: 1, ready: 1, startTime: '2026-01-01T00:00:00Z' });
  await h.advance(5_000);
  await h.endPod(pod!.metadata.name, 'Succeeded');
  expect((await once()).status).toMatchObject({
    succeeded: 1,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    completionTime: '2026-01-01T00:00:05Z',
  });
  expect(await conditions()).toEqual([
    'SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods',
    'Complete=True CompletionsReached: Reached expected number of succeeded pods',
  ]);
  expect((await h.pods())[0]?.metadata.finalizers).toBeUndefined();
  expect(await h.events()).toContain('Normal Completed Job completed');
});

test('completions in parallel, never more than asked for', async () => {
  await h.create(jobs, job({ completions: 5, parallelism: 2 }));
  await h.settle();
  let made = 0;
  for (; (await active()).length > 0; made += 1) {
    expect((await active()).length).toBeLessThanOrEqual(2);
    await h.endPod((await active())[0]!.metadata.name, 'Succeeded');
  }
  expect(made).toBe(5);
  expect((await once()).status?.succeeded).toBe(5);
});

test('a pod that is deleted after it was counted stays counted', async () => {
  await h.create(jobs, job({ completions: 2 }));
  await h.settle();
  const [first] = await active();
  await h.endPod(first!.metadata.name, 'Succeeded');
  await h.api.delete(resources.pods, first!.metadata.name, 'ns');
  await h.settle();
  await h.endPod((await active())[0]!.metadata.name, 'Succeeded');
  expect((await once()).status?.succeeded).toBe(2);
  expect(await conditions()).toHaveLength(2);
});

test('failures are retried after 10 s, doubling, and past the limit the Job fails', async () => {
  await h.create(jobs, job({ backoffLimit: 2 }));
  await h.settle();
  for (const delayMs of [10_000, 20_000]) {
    await h.endPod((await active())[0]!.metadata.name, 'Failed');
    await h.advance(delayMs - 1_000);
    expect(await active()).toEqual([]);
    await h.advance(1_000);
    expect(await active()).toHaveLength(1);
  }
  await h.endPod((await active())[0]!.metadata.name, 'Failed');
  expect(await conditions()).toEqual([
    'FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit',
    'Failed=True BackoffLimitExceeded: Job has reached the specified backoff limit',
  ]);
  expect((await once()).status?.failed).toBe(3);
  expect(await h.events()).toContain('Warning BackoffLimitExceeded Job has reached the specified backoff limit');
});

test('the deadline ends it, and its pods', async () => {
  await h.create(jobs, job({ activeDeadlineSeconds: 60 }));
  await h.settle();
  await h.runPods();
  await h.advance(60_000);
  const [pod] = await h.pods();
  expect(pod?.metadata.deletionTimestamp).toBeDefined();
  await h.endPod(pod!.metadata.name, 'Failed');
  expect((await conditions()).at(-1)).toBe('Failed=True DeadlineExceeded: Job was active longer than specified deadline');
});

test('an indexed Job gives each pod its index and remembers which are done', async () => {
  await h.create(jobs, job({ completionMode: 'Indexed', completions: 4, parallelism: 2 }));
  await h.settle();
  expect((await active()).map(index)).toEqual(['0', '1']);
  const [, second] = await active();
  expect(second?.spec).toMatchObject({ hostname: 'once-1', containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX' }] }] });
  await h.endPod(second!.metadata.name, 'Succeeded');
  expect((await active()).map(index).sort()).toEqual(['0', '2']);
  expect((await once()).status?.completedIndexes).toBe('1');
  while ((await active()).length > 0) await h.endPod((await active())[0]!.metadata.name, 'Succeeded');
  expect((await once()).status).toMatchObject({ completedIndexes: '0-3', succeeded: 4 });
});

test('suspended it runs nothing; resumed it begins anew', async () => {
  await h.create(jobs, job({ suspend: true }));
  await h.settle();
  expect(await h.pods()).toEqual([]);
  expect((await conditions())[0]).toBe('Suspended=True JobSuspended: Job suspended');
  await h.advance(60_000);
  await h.change<Job>(jobs, 'once', (held) => ({ ...held, spec: { ...held.spec!, suspend: false } }));
  await h.settle();
  expect(await active()).toHaveLength(1);
  expect((await once()).status?.startTime).toBe('2026-01-01T00:01:00Z');
});

test('a finished Job with a time to live goes when that is over', async () => {
  await h.create(jobs, job({ ttlSecondsAfterFinished: 100 }));
  await h.settle();
  await h.endPod((await active())[0]!.metadata.name, 'Succeeded');
  await h.advance(99_000);
  expect(await h.list(jobs)).toHaveLength(1);
  await h.advance(1_000);
  expect(await h.list(jobs)).toEqual([]);
  expect(await h.pods()).toEqual([]);
});

const failWith = async (pod: Pod, exitCode: number, conditions: NonNullable<Pod['status']>['conditions'] = []): Promise<void> => {
  const terminated = { exitCode, finishedAt: new Date(h.clock.now()).toISOString() };
  const containerStatuses = [{ name: 'c', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated } }];
  await h.setPodStatus(pod, { ...pod.status, phase: 'Failed', containerStatuses, conditions });
  await h.settle();
};
const index = ({ metadata }: Pod): string => metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
const failurePolicy = {
  rules: [
    { action: 'FailJob', onExitCodes: { containerName: 'c', operator: 'In', values: [42] } },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
  ],
};

test('a failure that its policy condemns ends the Job at once', async () => {
  await h.create(jobs, job({ podFailurePolicy: failurePolicy, podReplacementPolicy: 'Failed' }));
  await h.settle();
  const [pod] = await active();
  await failWith(pod!, 42);
  expect((await conditions()).at(-1)).toBe(
    `Failed=True PodFailurePolicy: Container c for pod ns/${pod!.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
  );
  expect((await once()).status?.failed).toBe(1);
});

test('a failure that its policy ignores is tried again and not counted, others are', async () => {
  await h.create(jobs, job({ backoffLimit: 0, podFailurePolicy: failurePolicy, podReplacementPolicy: 'Failed' }));
  await h.settle();
  const [disrupted] = await active();
  await failWith(disrupted!, 137, [{ type: 'DisruptionTarget', status: 'True' }]);
  expect((await once()).status?.failed).toBeUndefined();
  await h.advance(10_000);
  const [retried] = await active();
  expect(retried?.metadata.name).not.toBe(disrupted?.metadata.name);
  await failWith(retried!, 1);
  expect((await conditions()).at(-1)).toBe('Failed=True BackoffLimitExceeded: Job has reached the specified backoff limit');
});

test('failures counted by index use up their own index only, and the Job fails when all others are done', async () => {
  await h.create(
    jobs,
    job({ completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 }),
  );
  await h.settle();
  const at = async (wanted: string): Promise<Pod> => (await active()).find((pod) => index(pod) === wanted)!;
  expect((await at('1')).metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']).toBe('0');
  await failWith(await at('1'), 1);
  await h.endPod((await at('0')).metadata.name, 'Succeeded');
  await h.advance(9_000);
  expect((await active()).map(index)).toEqual(['2']);
  await h.advance(1_000);
  expect((await at('1')).metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']).toBe('1');
  await failWith(await at('1'), 1);
  expect((await once()).status).toMatchObject({ failedIndexes: '1', completedIndexes: '0', failed: 2 });
  await h.endPod((await at('2')).metadata.name, 'Succeeded');
  expect((await conditions()).at(-1)).toBe('Failed=True FailedIndexes: Job has failed indexes');
  expect((await once()).status).toMatchObject({ failedIndexes: '1', completedIndexes: '0,2', failed: 2, succeeded: 2 });
});

test('too many lost indexes end the Job and what still runs', async () => {
  await h.create(jobs, job({ completionMode: 'Indexed', completions: 4, parallelism: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }));
  await h.settle();
  for (const lost of ['0', '3'])
    await failWith(
      (await active()).find((pod) => index(pod) === lost)!,
      1,
    );
  expect((await conditions())[0]).toMatch(/^FailureTarget=True MaxFailedIndexesExceeded: /);
  expect(await active()).toEqual([]);
});

test('a success policy ends the Job before all indexes are done', async () => {
  const successPolicy = { rules: [{ succeededIndexes: '0,2', succeededCount: 1 }] };
  await h.create(jobs, job({ completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy }));
  await h.settle();
  await h.endPod((await active()).find((pod) => index(pod) === '2')!.metadata.name, 'Succeeded');
  expect(await conditions()).toContain('SuccessCriteriaMet=True SuccessPolicy: Matched rules at index 0');
  for (const pod of await h.pods()) if (pod.metadata.deletionTimestamp !== undefined) await h.endPod(pod.metadata.name, 'Failed');
  expect((await conditions()).at(-1)).toBe('Complete=True SuccessPolicy: Matched rules at index 0');
});

test('pods that end because their Job is suspended are not failures', async () => {
  await h.create(jobs, job({ parallelism: 2, completions: 2 }));
  await h.settle();
  await h.runPods();
  await h.change<Job>(jobs, 'once', (held) => ({ ...held, spec: { ...held.spec!, suspend: true } }));
  await h.settle();
  for (const pod of await h.pods()) await h.endPod(pod.metadata.name, 'Failed');
  expect((await once()).status).not.toHaveProperty('failed');
});

test('a Job that is deleted lets its pods go', async () => {
  await h.create(jobs, job());
  await h.settle();
  await h.api.delete(jobs, 'once', 'ns', { propagationPolicy: 'Background' });
  await h.settle();
  expect(await h.pods()).toEqual([]);
});

test.each([
  ['', []],
  ['0', [0]],
  ['0,2-4', [0, 2, 3, 4]],
])('indexes %j are %j', (text, indexes) => {
  expect([...parseIndexes(text)]).toEqual(indexes);
  expect(formatIndexes(new Set(indexes))).toBe(text);
});

const cronJob = (spec: Partial<NonNullable<CronJob['spec']>> = {}): CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'cj', namespace: 'ns' },
  spec: { schedule: '*/10 * * * *', jobTemplate: { spec: job().spec! }, ...spec },
});
const jobNames = async (): Promise<string[]> => (await h.list<Job>(jobs)).map(({ metadata }) => metadata.name);

test('a CronJob makes a Job at its time, named by the minute', async () => {
  await h.create(cronJobs, cronJob());
  await h.advance(599_000);
  expect(await jobNames()).toEqual([]);
  await h.advance(1_000);
  expect(await jobNames()).toEqual([`cj-${Date.UTC(2026, 0, 1, 0, 10) / 60_000}`]);
  const { status } = await h.get<CronJob>(cronJobs, 'cj');
  expect(status).toMatchObject({ lastScheduleTime: '2026-01-01T00:10:00Z', active: [{ kind: 'Job', apiVersion: 'batch/v1' }] });
  await h.endPod((await active())[0]!.metadata.name, 'Succeeded');
  expect((await h.get<CronJob>(cronJobs, 'cj')).status).toEqual({
    lastScheduleTime: '2026-01-01T00:10:00Z',
    lastSuccessfulTime: '2026-01-01T00:10:00Z',
  });
  expect(await h.events()).toEqual(
    expect.arrayContaining([expect.stringMatching(/^Normal SawCompletedJob Saw completed job: cj-\d+, condition: Complete$/)]),
  );
});

test('Forbid does not start while one runs, Replace replaces it, suspended nothing starts', async () => {
  await h.create(cronJobs, cronJob({ concurrencyPolicy: 'Forbid' }));
  await h.advance(1_200_000);
  expect(await jobNames()).toHaveLength(1);
  await h.change<CronJob>(cronJobs, 'cj', (held) => ({ ...held, spec: { ...held.spec, concurrencyPolicy: 'Replace' } }));
  await h.settle();
  const [before] = await jobNames();
  await h.advance(600_000);
  expect(await jobNames()).toHaveLength(1);
  expect((await jobNames())[0]).not.toBe(before);
  await h.change<CronJob>(cronJobs, 'cj', (held) => ({ ...held, spec: { ...held.spec, suspend: true } }));
  const last = await jobNames();
  await h.advance(1_800_000);
  expect(await jobNames()).toEqual(last);
});

test('finished Jobs past the history limits are removed', async () => {
  await h.create(cronJobs, cronJob({ successfulJobsHistoryLimit: 2 }));
  for (let run = 0; run < 4; run += 1) {
    await h.advance(600_000);
    for (const pod of await active()) await h.endPod(pod.metadata.name, 'Succeeded');
  }
  expect(await jobNames()).toHaveLength(2);
});

test.each([
  ['*/10 * * * *', undefined, '2026-01-01T00:05:00Z', '2026-01-01T00:25:00Z', '2026-01-01T00:20:00.000Z', '2026-01-01T00:30:00.000Z'],
  ['0 3 * * *', 'Europe/Berlin', '2026-06-01T00:00:00Z', '2026-06-01T01:00:00Z', '2026-06-01T01:00:00.000Z', '2026-06-02T01:00:00.000Z'],
  ['0 0 13 * 5', undefined, '2026-02-01T00:00:00Z', '2026-02-07T00:00:00Z', '2026-02-06T00:00:00.000Z', '2026-02-13T00:00:00.000Z'],
  ['@hourly', undefined, '2026-01-01T00:30:00Z', '2026-01-01T00:45:00Z', undefined, '2026-01-01T01:00:00.000Z'],
  ['* * * * *', undefined, '2025-01-01T00:00:00Z', '2026-01-01T00:00:30Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z'],
])('schedule %s in %s: after %s at %s due %s, next %s', (schedule, zone, after, now, due, next) => {
  const times = dueTimes(schedule, zone, Date.parse(after), Date.parse(now));
  expect(times?.dueMs === undefined ? undefined : new Date(times.dueMs).toISOString()).toBe(due);
  expect(times?.nextMs === undefined ? undefined : new Date(times.nextMs).toISOString()).toBe(next);
});

test('a schedule that cannot be read is none', () => {
  expect(dueTimes('sometimes', undefined, 0, 1)).toBeUndefined();
});
