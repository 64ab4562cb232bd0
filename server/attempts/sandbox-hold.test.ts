import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabSummary, StageProgress } from '../../labs/lab-stage.ts';
import { readyAttempt } from '../testing/attempts.ts';
import { createFakeCatalogue, fakeLab } from '../testing/fake-lab.ts';
import { FakeSubstrate } from '../testing/fake-substrate.ts';
import { SandboxHold } from './sandbox-hold.ts';

let folder: string;
let substrate: FakeSubstrate;
let told: StageProgress[];
let hold: SandboxHold;
let needed: LabSummary['nodes'];
const never = new AbortController().signal;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-hold-'));
  substrate = new FakeSubstrate(folder);
  told = [];
  needed = undefined;
  const catalogue = createFakeCatalogue({ before: async () => undefined, outcome: undefined });
  hold = new SandboxHold({
    attempt: readyAttempt,
    substrate,
    catalogue: { ...catalogue, find: () => ({ ...fakeLab, ...(needed === undefined ? {} : { nodes: needed }) }) },
    fetchArtefact: async () => undefined,
    fetchIncident: async () => undefined,
    progress: (event) => told.push(event),
  });
});
afterEach(() => rm(folder, { recursive: true }));

describe('the hold on a sandbox', () => {
  it('finds it once and keeps it, until it is forgotten', async () => {
    await hold.provision(false, never);
    const stage = await hold.stage();
    expect(await hold.stage()).toBe(stage);
    hold.forget();
    expect(await hold.stage()).not.toBe(stage);
  });

  it('looks again after it could not be found', async () => {
    await expect(hold.stage()).rejects.toMatchObject({ code: 'UnknownSandbox' });
    substrate.setHealth({ ok: false, reason: 'away' });
    await expect(hold.sandbox()).rejects.toMatchObject({ code: 'Unavailable' });
    substrate.setHealth({ ok: true });
    await hold.provision(false, never);
    await expect(hold.stage()).resolves.toBeDefined();
  });

  it('tells each thing the substrate begins, and ends it', async () => {
    await hold.provision(false, never);
    expect(told).toEqual([
      { id: 'sandbox-1', text: 'Making the cluster', state: 'started' },
      { id: 'sandbox-1', text: 'Making the cluster', state: 'done' },
    ]);
  });

  it('asks for the nodes that the lab needs', async () => {
    await hold.provision(false, never);
    expect(substrate.askedNodes).toEqual([]);
    const node = { name: 'gpu-1', cpu: '2', memory: '1Gi', gpus: 1, labels: {}, taints: [] };
    needed = [node];
    await hold.provision(true, never);
    expect(substrate.askedNodes).toEqual([node]);
  });

  it('makes it anew when the last try left something behind', async () => {
    const first = await hold.provision(false, never);
    const { writeFile, access } = await import('node:fs/promises');
    const leftover = path.join(substrate.folderOf(first.id), 'leftover');
    await writeFile(leftover, '');
    await hold.provision(true, never);
    await expect(access(leftover)).rejects.toThrow();
  });
});
