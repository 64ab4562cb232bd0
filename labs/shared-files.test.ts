import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue, ownLabsDir } from './catalogue.ts';
import { RenderedLab, planLabVariant } from './lab.ts';
import { createLab } from './new/new-lab.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'shared-labs-'));
  await createLab('mine', root);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A file of a shared folder, which has one of its own for each name. */
async function share(name: string, file: string, text: string): Promise<void> {
  await mkdir(path.join(root, '_shared', name), { recursive: true });
  await writeFile(path.join(root, '_shared', name, file), text);
}

async function declare(shared: string): Promise<void> {
  const file = path.join(root, 'mine/lab.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${text.replace(/^shared: .*\n/m, '').trimEnd()}\nshared: ${shared}\n`);
}

async function load() {
  const { labs, problems } = await loadCatalogue([root]);
  return { lab: labs[0], problems: problems.map(({ file, line, message }) => `${file}:${line ?? 0} ${message}`) };
}

describe('what labs share', () => {
  it('is in the trainee’s folder, filled in for each lab, and part of its hash', async () => {
    await share('tools', 'look.sh', '#!/usr/bin/env bash\nkubectl get pods -n {{namespace}}\n');
    await declare('[tools]');
    const { lab, problems } = await load();
    expect(problems).toEqual([]);
    const rendered = new RenderedLab(lab!, planLabVariant(lab!, 'seed'));
    expect(rendered.workspaceFiles().get('look.sh')).toContain(`kubectl get pods -n ${rendered.namespaces()[0]!}`);
    await share('tools', 'look.sh', '#!/usr/bin/env bash\nkubectl get pods\n');
    expect((await load()).lab?.summary.hash).not.toBe(lab!.summary.hash);
  });

  it('may be ours, for labs from elsewhere', async () => {
    await declare('[gateway-admin]');
    const { lab, problems } = await load();
    expect(problems).toEqual([]);
    expect(lab?.files.get('_shared/gateway-admin/admin.sh')).toBe(
      await readFile(path.join(ownLabsDir, '_shared/gateway-admin/admin.sh'), 'utf8'),
    );
  });

  it('is told where it is not there, named wrongly, or in the way of another file', async () => {
    const lineOf = async (): Promise<number> => (await readFile(path.join(root, 'mine/lab.yaml'), 'utf8')).trimEnd().split('\n').length;
    await declare('[nothing]');
    expect((await load()).problems).toEqual([
      `mine/lab.yaml:${await lineOf()} There is no folder _shared/nothing/ with files, neither beside this lab nor beside ours.`,
    ]);
    await share('one', 'look.sh', 'echo one\n');
    await share('two', 'look.sh', 'echo two\n');
    await declare('[one, two]');
    expect((await load()).problems).toEqual([`mine/lab.yaml:${await lineOf()} Both _shared/one/ and _shared/two/ have a file look.sh.`]);
    await declare('[../../etc]');
    expect((await load()).problems[0]).toMatch(/^mine\/lab\.yaml:\d+ /);
  });
});
