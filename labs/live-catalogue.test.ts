import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownLabsDir } from './catalogue.ts';
import type { StageOptions } from './lab-stage.ts';
import { FolderVersions } from './lab-versions.ts';
import { LiveCatalogue } from './live-catalogue.ts';

let root: string;
let dirs: readonly string[];
let catalogue: LiveCatalogue;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'live-labs-'));
  dirs = [path.join(root, 'ours'), path.join(root, 'theirs')];
  await cp(path.join(ownLabsDir, 'endpoint'), path.join(root, 'ours/endpoint'), { recursive: true });
  catalogue = await LiveCatalogue.open({ dirs, versions: new FolderVersions(path.join(root, 'archive')) });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(path.join(root, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(path.join(root, file), text.replace(from, to));
}

function stageOptions(): StageOptions {
  const variant = catalogue.planVariant('endpoint', 'seed');
  const kubeConfig = new KubeConfig();
  const cluster = { name: 'none', server: 'https://127.0.0.1:1', skipTLSVerify: false };
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'nobody' });
  return { variant, kubeConfig, signal: new AbortController().signal, progress: () => undefined };
}

const version = (): string | undefined => catalogue.find('endpoint')?.version;

describe('the labs while they are edited', () => {
  it('are read anew when a file changes, and only then', async () => {
    const before = catalogue.find('endpoint')!;
    expect(await catalogue.refresh()).toBe(false);
    await edit('ours/endpoint/lab.yaml', `version: ${before.version}`, 'version: 9.9.9');
    expect(await catalogue.refresh()).toBe(true);
    expect(version()).toBe('9.9.9');
    expect(catalogue.find('endpoint')?.hash).not.toBe(before.hash);
  });

  it('stay as they last were while a file is half written, and say what is wrong', async () => {
    await edit('ours/endpoint/lab.yaml', 'passMark:', 'pasMark:');
    await catalogue.refresh();
    expect(version()).toBeDefined();
    expect(catalogue.problems.map(({ message }) => message)).toContain('Unknown key pasMark.');
    await edit('ours/endpoint/lab.yaml', 'pasMark:', 'passMark:');
    await catalogue.refresh();
    expect(catalogue.problems).toEqual([]);
  });

  it('come and go with their folders, and both folders of one name are told', async () => {
    await cp(path.join(root, 'ours/endpoint'), path.join(root, 'theirs/endpoint'), { recursive: true });
    await cp(path.join(root, 'ours/endpoint'), path.join(root, 'theirs/another'), { recursive: true });
    await catalogue.refresh();
    expect(catalogue.labs.map(({ slug }) => slug)).toEqual(['endpoint', 'another']);
    expect(catalogue.problems[0]?.message).toContain(path.join(root, 'ours/endpoint'));
    expect(catalogue.problems[0]?.message).toContain(path.join(root, 'theirs/endpoint'));
    await rm(path.join(root, 'theirs'), { recursive: true });
    await catalogue.refresh();
    expect(catalogue.labs.map(({ slug }) => slug)).toEqual(['endpoint']);
  });
});

describe('an attempt that has begun', () => {
  it('goes on with the version that it began with, also after a restart', async () => {
    const ref = catalogue.find('endpoint')!;
    const options = stageOptions();
    const before = (await catalogue.createStage(ref, options)).steps();
    await edit('ours/endpoint/steps/01-deploy.md', '# ', '# Changed ');
    await catalogue.refresh();
    expect((await catalogue.createStage(ref, options)).steps()).toEqual(before);
    catalogue = await LiveCatalogue.open({ dirs, versions: new FolderVersions(path.join(root, 'archive')) });
    expect((await catalogue.createStage(ref, options)).steps()).toEqual(before);
    const now = catalogue.find('endpoint')!;
    expect((await catalogue.createStage(now, options)).steps()).not.toEqual(before);
  });

  it('goes on with it on a server whose folder has another version, also when it never ran where it was begun', async () => {
    const [ref, options] = [catalogue.find('endpoint')!, stageOptions()];
    const theirs = path.join(root, 'newer');
    await cp(path.join(root, 'ours'), theirs, { recursive: true });
    await edit('newer/endpoint/steps/01-deploy.md', '# ', '# Changed ');
    const newer = await LiveCatalogue.open({ dirs: [theirs], versions: new FolderVersions(path.join(root, 'archive')) });
    const stepsThere = async (): Promise<unknown> => (await newer.createStage(ref, options)).steps();
    const changed = await stepsThere();
    await catalogue.keep('endpoint');
    const kept = await stepsThere();
    expect(kept).not.toEqual(changed);
    expect(kept).toEqual((await catalogue.createStage(ref, options)).steps());
  });

  it('is run as the lab is now when its version is lost or was tampered with', async () => {
    const ref = catalogue.find('endpoint')!;
    const options = stageOptions();
    await catalogue.createStage(ref, options);
    await edit('ours/endpoint/steps/01-deploy.md', '# ', '# Changed ');
    await catalogue.refresh();
    const now = (await catalogue.createStage(catalogue.find('endpoint')!, options)).steps();
    await edit(`archive/${ref.hash}.json`, 'Deployment', 'Tampered');
    expect((await catalogue.createStage(ref, options)).steps()).toEqual(now);
    await rename(path.join(root, 'archive'), path.join(root, 'gone'));
    expect((await catalogue.createStage(ref, options)).steps()).toEqual(now);
  });

  it('keeps its version while it runs; what nothing runs is forgotten after a month', async () => {
    const DAY_MS = 24 * 3_600_000;
    const [first, options] = [catalogue.find('endpoint')!, stageOptions()];
    await catalogue.createStage(first, options);
    await edit('ours/endpoint/steps/01-deploy.md', '# ', '# Changed ');
    await catalogue.refresh();
    await catalogue.createStage(catalogue.find('endpoint')!, options);
    const kept = async (): Promise<readonly string[]> => readdir(path.join(root, 'archive'));
    expect(await catalogue.pruneArchive([], Date.now() + 29 * DAY_MS)).toBe(0);
    expect(await catalogue.pruneArchive([first.hash], Date.now() + 31 * DAY_MS)).toBe(0);
    expect(await kept()).toHaveLength(2);
    expect(await catalogue.pruneArchive([], Date.now() + 31 * DAY_MS)).toBe(1);
    expect(await kept()).toEqual([`${catalogue.find('endpoint')!.hash}.json`]);
    // Whoever begins the old version after that has it kept again.
    await edit('ours/endpoint/steps/01-deploy.md', '# Changed ', '# ');
    await catalogue.refresh();
    await catalogue.createStage(first, options);
    expect(await kept()).toHaveLength(2);
  });
});
