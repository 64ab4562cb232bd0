import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attemptSchema } from '../contract/attempts.ts';
import { measurementRunSchema, measurementsSchema, type MeasurementRun, type Measurements } from '../contract/measurements.ts';
import type { Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let trainee: Client;
let instructor: Client;
let id: string;

const at = (): string => `/api/attempts/${id}/measurements`;
const list = (client: Client): Promise<Measurements> => client.call('GET', at(), measurementsSchema);
const begin = (label: string): Promise<MeasurementRun> => trainee.call('POST', at(), measurementRunSchema, { label });
const newest = async (): Promise<MeasurementRun | undefined> => (await list(trainee)).runs.at(-1);

async function measure(label: string): Promise<MeasurementRun> {
  const { number } = await begin(label);
  return eventually('the run to end', async () => {
    const run = await newest();
    return run?.number === number && run.state !== 'running' ? run : undefined;
  });
}

async function waitFor(state: string): Promise<void> {
  await eventually(`the attempt ${state}`, async () => (await trainee.call('GET', `/api/attempts/${id}`, attemptSchema)).state === state);
}

/** Holds measurements until the answer is called. */
function hold(): () => void {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  server.controls.before = async (method) => (method === 'measure' ? released : undefined);
  return release;
}

async function folder(): Promise<string> {
  const [sandboxId = ''] = await server.substrate.list();
  return server.substrate.folderOf(sandboxId);
}

beforeAll(async () => {
  server = await TestServer.start();
  trainee = await server.signIn('trainee');
  instructor = await server.signIn('instructor');
  id = (await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident', fault: undefined })).id;
  await waitFor('incident');
});
afterEach(() => {
  server.controls.before = async () => undefined;
});
afterAll(() => server[Symbol.asyncDispose]());

describe('measured runs of an attempt', () => {
  it('begin with none, and with what is aimed at', async () => {
    expect(await list(trainee)).toMatchObject({
      attempt: { id, ended: false },
      workloads: [{ id: 'assistant', title: 'The assistant', aims: { usdPerThousandRequestsAtMost: 12, p95MsAtMost: 2000 } }],
      runs: [],
      mayMeasure: true,
      left: 40,
    });
  });

  it('say so when nothing could be sent', async () => {
    expect(await measure('while it is broken')).toMatchObject({
      number: 1,
      state: 'done',
      workloads: [{ id: 'assistant', figures: null, remark: 'Nothing answers.' }],
    });
    await rm(path.join(await folder(), 'broken'));
  });

  it('stand side by side, with their labels, names and figures', async () => {
    await measure('');
    await writeFile(path.join(await folder(), 'cheap'), '');
    await measure('with a cache');
    const { runs, left } = await list(trainee);
    expect(runs.slice(1)).toMatchObject([
      { number: 2, label: 'Run 2', state: 'done', reason: null, workloads: [{ figures: { usdPerThousandRequests: 14.2, cacheHits: 0 } }] },
      {
        number: 3,
        label: 'with a cache',
        workloads: [{ figures: { usdPerThousandRequests: 11.4, cacheHits: 41, endToEndMs: { p95: 980 } } }],
      },
    ]);
    expect(runs[1]?.by.name).not.toBe('');
    expect(left).toBe(37);
  });

  it('are one at a time, and only of who works in the attempt', async () => {
    const release = hold();
    await begin('first');
    expect((await trainee.refused('POST', at(), { label: 'second' })).error).toMatchObject({ code: 'Conflict' });
    expect((await newest())?.state).toBe('running');
    release();
    await eventually('the first to end', async () => (await newest())?.state === 'done');
    expect((await instructor.refused('POST', at(), { label: 'mine' })).error.code).toBe('ReadOnly');
    expect(await list(instructor)).toMatchObject({ mayMeasure: false, runs: [{}, {}, {}, { label: 'first' }] });
    const invited = await server.running.services.accounts.invite({ email: 'other@example.com', name: 'Other', role: 'trainee' });
    const other = server.client();
    await other.acceptLink(`/welcome/${invited.link.token}`, { name: 'Other', password: 'a good password' });
    for (const [method, address] of [
      ['GET', at()],
      ['POST', at()],
      ['GET', `${at()}.csv`],
    ] as const)
      expect((await other.refused(method, address, method === 'POST' ? { label: '' } : undefined)).status).toBe(404);
    expect((await server.client().refused('GET', at())).status).toBe(401);
    expect((await trainee.refused('POST', at(), { label: 'x'.repeat(61) })).status).toBe(400);
  });

  it('tell of a platform that failed, without what is wrong with it inside', async () => {
    server.controls.before = async (method) => {
      if (method === 'measure') throw new Error('ECONNREFUSED 127.0.0.1:6443');
    };
    const run = await measure('on a bad day');
    expect(run).toMatchObject({ state: 'failed', workloads: [], reason: expect.stringContaining('not your doing') as string });
    expect(run.reason).not.toContain('127.0.0.1');
  });

  it('are a table for spreadsheets, in which no label is a formula', async () => {
    await measure('=1+1');
    const response = await instructor.fetch('GET', `${at()}.csv`);
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(response.headers.get('content-disposition')).toContain('drillhouse-runs.csv');
    const lines = (await response.text()).trim().split('\r\n');
    expect(lines[0]).toContain('US$ per 1,000 requests');
    expect(lines.find((line) => line.startsWith('3,'))).toMatch(
      /^3,with a cache,.*,The assistant,11\.4,12,410,980,1420,2000,.*2 × queue-full,$/,
    );
    expect(lines.at(-1)).toContain("'=1+1");
  });

  it('are given up and marked when the server ends in the middle, and what was measured is still there', async () => {
    hold();
    await begin('cut off');
    const before = (await list(trainee)).runs.slice(0, -1);
    server.controls.before = async () => undefined;
    await server.stop();
    await server.begin();
    trainee = await server.signIn('trainee');
    const { runs } = await list(trainee);
    expect(runs.slice(0, -1)).toEqual(before);
    expect(runs.at(-1)).toMatchObject({ label: 'cut off', state: 'failed', reason: expect.stringContaining('stopped') as string });
  });

  it('are refused while the work is graded, and given up when it comes to that', async () => {
    const release = hold();
    await begin('too late');
    let judged = (): void => undefined;
    const judging = new Promise<void>((resolve) => (judged = resolve));
    server.controls.before = async (method) => {
      if (method === 'grade') await judging;
    };
    await trainee.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
    expect((await trainee.refused('POST', at(), { label: '' })).error).toMatchObject({ code: 'AttemptNotRunning' });
    release();
    await eventually('the run to be given up', async () => (await newest())?.state !== 'running');
    judged();
    await waitFor('passed');
    expect(await list(trainee)).toMatchObject({ mayMeasure: false, attempt: { ended: true } });
    expect((await trainee.refused('POST', at(), { label: '' })).error.code).toBe('AttemptNotRunning');
  });
});
