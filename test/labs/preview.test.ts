import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLab } from '../../labs/new/new-lab.ts';
import { PagesMissingError, startPreview, type RunningPreview } from '../../labs/preview/preview-server.ts';
import { previewSchema, type Preview } from '../../server/contract/preview.ts';

let root: string;
let preview: RunningPreview;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'preview-'));
  await createLab('canary', path.join(root, 'labs'));
  await writeFile(path.join(root, 'preview.html'), '<title>Lab preview</title>');
  await writeFile(path.join(root, 'secret.txt'), 'beside the pages');
  preview = await startPreview({ slug: 'canary', dirs: [path.join(root, 'labs')], webDir: root, port: 0 });
});
afterEach(async () => {
  await preview[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function look(query = ''): Promise<Preview> {
  const response = await fetch(`${preview.url}api/preview${query}`);
  return previewSchema.parse(await response.json());
}

it('shows a variant as its trainees see it, and what they do not see', async () => {
  const { lab, problems } = await look('?seed=one');
  expect(problems).toEqual([]);
  expect(lab).toMatchObject({ slug: 'canary', seed: 'one', fault: 'bad-image' });
  expect(lab?.steps[0]?.markdown).toContain(`**${String(lab?.values['namespace'])}**`);
  expect(lab?.steps[1]?.markdown).toContain('applications get no answers');
  expect(lab?.verdict.filter(({ hidden }) => hidden).map(({ id }) => id)).toContain('genuine');
  expect(lab?.artefacts[0]?.example['text']).toContain('## Verify');
  const seeds = await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map(async (seed) => (await look(`?seed=${seed}`)).lab?.values['namespace']),
  );
  expect(new Set(seeds).size).toBeGreaterThan(1);
  expect((await look('?fault=nope')).lab?.fault).toBe('bad-image');
});

it('follows the files, and says what is wrong with them', async () => {
  const before = (await look()).lab?.hash;
  const step = path.join(root, 'labs/canary/steps/01-deploy.md');
  await writeFile(step, `${await readFile(step, 'utf8')}\nOne more thing.\n`);
  const after = (await look()).lab;
  expect(after?.hash).not.toBe(before);
  expect(after?.steps[0]?.markdown).toContain('One more thing.');
  await writeFile(step, 'In {{nowhere}}.\n');
  const broken = await look();
  expect(broken.lab).toBeNull();
  expect(broken.problems).toMatchObject([{ file: 'canary/steps/01-deploy.md', line: 1 }]);
});

it('is for this machine only', async () => {
  const url = new URL(preview.url);
  expect(url.hostname).toBe('127.0.0.1');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request({ host: url.hostname, port: url.port, path: '/api/preview', headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
  const page = await fetch(preview.url);
  expect(await page.text()).toContain('Lab preview');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
});

it('says when there are no pages yet', async () => {
  const starting = startPreview({ slug: 'canary', dirs: [], webDir: path.join(root, 'labs'), port: 0 });
  await expect(starting).rejects.toThrow(PagesMissingError);
});
