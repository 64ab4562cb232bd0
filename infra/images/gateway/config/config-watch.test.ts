import { mkdtempSync, rmSync, symlinkSync, writeFileSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../cluster/meta/manual-clock.ts';
import { ConfigWatch, readConfigFile } from './config-watch.ts';

const good = 'model_list:\n  - model_name: a\n    litellm_params: { model: openai/x, api_base: "http://a/v1" }\n';
let folder: string;
let seen: string[];
let clock: ManualClock;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-config-'));
  [seen, clock] = [[], new ManualClock()];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const watch = (file: string): ConfigWatch =>
  new ConfigWatch({ file, env: {}, clock, text: readConfigFile(file), onReading: ({ kind }) => void seen.push(kind) });

it('reports each change of the text once, broken ones and missing ones too', async () => {
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, good);
  using _ = watch(file);
  await clock.advance(5_000);
  expect(seen).toEqual([]);
  writeFileSync(file, good.replace('http', 'https'));
  await clock.advance(3_000);
  writeFileSync(file, 'model_list: [');
  await clock.advance(3_000);
  rmSync(file);
  await clock.advance(3_000);
  writeFileSync(file, good);
  await clock.advance(3_000);
  expect(seen).toEqual(['valid', 'invalid', 'missing', 'valid']);
});

it('sees a ConfigMap exchanged the way that the kubelet does it', async () => {
  for (const [version, text] of [
    ['..1', good],
    ['..2', good.replace('a', 'b')],
  ] as const) {
    mkdirSync(path.join(folder, version));
    writeFileSync(path.join(folder, version, 'config.yaml'), text);
  }
  symlinkSync('..1', path.join(folder, '..data'));
  symlinkSync('..data/config.yaml', path.join(folder, 'config.yaml'));
  using _ = watch(path.join(folder, 'config.yaml'));
  symlinkSync('..2', path.join(folder, '..data.new'));
  renameSync(path.join(folder, '..data.new'), path.join(folder, '..data'));
  await clock.advance(1_000);
  expect(seen).toHaveLength(1);
});

it('reads at once when told to, and not after its end', async () => {
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, good);
  const watched = watch(file);
  watched.reload();
  expect(seen).toEqual(['valid']);
  watched[Symbol.dispose]();
  writeFileSync(file, 'broken: [');
  await clock.advance(10_000);
  expect(seen).toEqual(['valid']);
});

it('says what to do about a file that is not there', () => {
  expect(() => readConfigFile(path.join(folder, 'none.yaml'))).toThrow(/there is no such file.*ConfigMap/);
});
