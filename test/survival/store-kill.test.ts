import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { ObjectStore } from '../../infra/cluster/store/object-store.ts';
import { makeDataFolder } from './data-folder.ts';

const KILLS = 200;
/** From its first answer on. Compactions take a few milliseconds and come every few: kills hit them too. */
const MAX_LIFE_MS = 25;

let data: Awaited<ReturnType<typeof makeDataFolder>>;
let program: string;

beforeAll(async () => {
  data = await makeDataFolder();
  program = path.join(data.dir, 'writer.mjs');
  // Compiled once: a compiler at each of hundreds of starts is most of the time.
  await build({
    entryPoints: [path.join(import.meta.dirname, 'store-writer.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(() => data[Symbol.asyncDispose]());

/** What an answer said of one object; `uid` is `-` when it is gone. */
interface Answered {
  readonly key: string;
  readonly text: string;
}

describe('a store whose process is killed', () => {
  it(`holds every answered write, ${KILLS} times at random moments`, async () => {
    const file = path.join(data.dir, 'journal');
    const known = new Map<string, string>();
    let revision = 1;
    let answers = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const output = await runUntilKilled(file);
      const lines = output.split('\n');
      // The last line may be cut: its write was not answered.
      lines.pop();
      for (const { key, text } of lines.map(read)) known.set(key, text);
      const answered = Math.max(revision, Number(lines.at(-1)?.split(' ')[0] ?? 0));
      answers += lines.length;
      const store = new ObjectStore({ file, log: { warn: () => {} }, compactAboveBytes: 200_000 });
      const held = new Map(store.list('/configmaps').map((object) => [`default/${object.metadata.name}`, textOf(object)]));
      // One more write may have been made and not answered.
      expect(store.revision - answered, `round ${round}`).toBeOneOf([0, 1]);
      const different = [...new Set([...known.keys(), ...held.keys()])].filter((key) => (known.get(key) ?? '-') !== (held.get(key) ?? '-'));
      expect(different.length, `round ${round}: ${different.join()}`).toBeLessThanOrEqual(store.revision - answered);
      for (const key of different) known.set(key, held.get(key) ?? '-');
      revision = store.revision;
      store.close();
    }
    expect(answers).toBeGreaterThan(KILLS * 20);
    // Compaction went on under it: without, every write ever made would still be there.
    expect(readFileSync(file).byteLength).toBeLessThan(20_000_000);
  }, 180_000);
});

function read(line: string): Answered {
  const [, key = '', uid = '', version = '', pad = ''] = line.split(' ');
  return { key, text: uid === '-' ? '-' : `${uid} ${version} ${pad}` };
}

function textOf(object: KubeObject): string {
  const { data: content } = object as KubeObject & { data: { pad: string } };
  return `${object.metadata.uid ?? ''} ${object.metadata.resourceVersion ?? ''} ${content.pad.length}`;
}

/** Answers all that the writer had said when it was killed. */
function runUntilKilled(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), Math.random() * MAX_LIFE_MS));
    child.once('close', (_code, signal) => (signal === 'SIGKILL' ? resolve(output) : reject(new Error(errors))));
  });
}
