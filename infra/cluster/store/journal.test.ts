import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { ObjectStore } from './object-store.ts';

const RESOURCE = '/configmaps';
const CASES = 150;
let folder: string;
let file: string;
const warnings: string[] = [];
const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  file = path.join(folder, 'journal');
  warnings.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Repeatable noise: the same numbers in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const configMap = (name: string, value: string): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } }) as KubeObject;

/** Some writes, and what the store held after each. */
function writeHistory(): readonly string[] {
  const store = new ObjectStore({ file, log });
  const states = [stateOf(store)];
  for (let index = 0; index < 40; index += 1) {
    const name = `c${index % 7}`;
    const held = store.get(RESOURCE, `default/${name}`);
    if (held === undefined) store.create(RESOURCE, configMap(name, String(index)));
    else if (index % 5 === 0) store.delete(RESOURCE, `default/${name}`);
    else store.update(RESOURCE, configMap(name, 'x'.repeat(index * 3)), held.metadata.resourceVersion ?? '');
    states.push(stateOf(store));
  }
  store.close();
  return states;
}

function stateOf(store: ObjectStore): string {
  return JSON.stringify(store.list(RESOURCE));
}

describe('a damaged journal', () => {
  it('cut off anywhere is the store as it was at some moment, with a word, and takes writes', () => {
    const states = writeHistory();
    const whole = readFileSync(file);
    const random = randomOf(1);
    for (let round = 0; round < CASES; round += 1) {
      const cut = random(whole.byteLength);
      writeFileSync(file, whole.subarray(0, cut));
      warnings.length = 0;
      const store = new ObjectStore({ file, log });
      expect(states).toContain(stateOf(store));
      const isBetweenRecords = cut === 0 || whole[cut - 1] === 0x0a;
      expect(warnings).toHaveLength(isBetweenRecords ? 0 : 1);
      expect(store.create(RESOURCE, configMap('after', 'cut')).kind).toBe('written');
      store.close();
      expect(new ObjectStore({ file, log }).get(RESOURCE, 'default/after')).toBeDefined();
    }
  });

  it('with noise in it, or behind it, loses what was hit and nothing else, with a word', () => {
    writeHistory();
    const whole = readFileSync(file);
    const lines = whole.toString('utf8').split('\n');
    const known = new Set(
      lines.filter((line) => line !== '').map((line) => JSON.stringify((JSON.parse(line.slice(9)) as { object?: object }).object)),
    );
    const random = randomOf(2);
    for (let round = 0; round < CASES; round += 1) {
      const damaged = Buffer.from(whole);
      for (let hits = 1 + random(3); hits > 0; hits -= 1) {
        const at = random(damaged.byteLength);
        damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << random(8)), at);
      }
      writeFileSync(file, damaged);
      warnings.length = 0;
      const store = new ObjectStore({ file, log });
      for (const object of store.list(RESOURCE)) expect(known).toContain(JSON.stringify(object));
      if (!damaged.equals(whole)) expect(warnings.length).toBeGreaterThan(0);
      store.close();
    }
    writeFileSync(file, Buffer.concat([whole, Buffer.from(Array.from({ length: 5_000 }, () => random(256)))]));
    const store = new ObjectStore({ file, log });
    expect(stateOf(store)).toBe(JSON.stringify(store.list(RESOURCE)));
    expect(store.revision).toBe(41);
    store.close();
  });

  it('with one bad record among good ones keeps the others', () => {
    const store = new ObjectStore({ file, log });
    for (const name of ['a', 'b', 'c']) store.create(RESOURCE, configMap(name, name));
    store.close();
    writeFileSync(file, readFileSync(file, 'utf8').replace('"value":"b"', '"value":"x"'));
    const resumed = new ObjectStore({ file, log });
    expect(resumed.list(RESOURCE).map((object) => object.metadata.name)).toEqual(['a', 'c']);
    expect(resumed.revision).toBe(store.revision);
    expect(warnings).toEqual([expect.stringContaining('damaged records among whole ones')]);
    resumed.close();
  });
});

describe('compaction', () => {
  const small = (): ObjectStore => new ObjectStore({ file, log, compactAboveBytes: 10_000 });
  const churn = async (store: ObjectStore, times: number): Promise<void> => {
    for (let index = 0; index < times; index += 1) {
      const held = store.get(RESOURCE, 'default/a');
      const next = configMap('a', `${index} ${'x'.repeat(500)}`);
      const outcome = held === undefined ? store.create(RESOURCE, next) : store.update(RESOURCE, next, held.metadata.resourceVersion ?? '');
      expect(outcome.kind).toBe('written');
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it('that cannot write leaves every write applied and says so; a later one works', async () => {
    const store = small();
    mkdirSync(`${file}.new`);
    writeFileSync(path.join(`${file}.new`, 'in-the-way'), '');
    await churn(store, 40);
    await expect.poll(() => warnings).toContain('the journal could not be compacted; it goes on growing');
    await expect.poll(async () => (await churn(store, 5), statSync(file).size)).toBeLessThan(10_000);
    const state = stateOf(store);
    const { revision } = store;
    store.close();
    const resumed = small();
    expect(stateOf(resumed)).toBe(state);
    expect(resumed.revision).toBe(revision);
    resumed.close();
  });

  it('ended by a close loses nothing and leaves no second file', async () => {
    const store = small();
    for (let round = 0; round < 20; round += 1) store.create(RESOURCE, configMap(`c${round}`, 'x'.repeat(900)));
    await churn(store, 3);
    const state = stateOf(store);
    store.close();
    await expect.poll(() => statSync(`${file}.new`, { throwIfNoEntry: false })).toBeUndefined();
    const resumed = small();
    expect(stateOf(resumed)).toBe(state);
    resumed.close();
  });

  it('keeps the counter although the newest change was a deletion', async () => {
    const store = small();
    await churn(store, 10);
    store.delete(RESOURCE, 'default/a');
    const { revision } = store;
    for (let index = 0; index < 30; index += 1) {
      store.create('/secrets', configMap('s', 'x'.repeat(500)));
      store.delete('/secrets', 'default/s');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(store.revision).toBe(revision + 60);
    store.close();
    const resumed = small();
    expect(resumed.revision).toBe(revision + 60);
    resumed.close();
  });
});
