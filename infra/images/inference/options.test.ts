import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOptions, StartupError, UsageError } from './options.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'inference-options-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('readOptions', () => {
  it('starts with nothing said', () => {
    const options = readOptions([], {});
    expect(options).toMatchObject({ port: 8000, apiKeys: [], tls: undefined, device: 'cpu', servedModelNames: ['drillhouse/sparrow-1b'] });
  });

  it('prefers the command line to the file, and the file to the environment', () => {
    const file = path.join(folder, 'a.yaml');
    writeFileSync(file, 'model: drillhouse/heron-8b\nmax-num-seqs: 4\nport: 9001\n');
    const options = readOptions(['--config', file, '--port', '9002'], { PORT: '9000', MODEL: 'drillhouse/condor-70b' });
    expect(options).toMatchObject({ port: 9002, maxNumSeqs: 4 });
    expect(options.model.id).toBe('drillhouse/heron-8b');
  });

  it.each([
    [['--max-modle-len', '5'], 'unrecognized arguments: --max-modle-len'],
    [['--port', 'http'], "argument --port: invalid int value: 'http'"],
    [['--port'], 'argument --port: expected one argument'],
    [['--device', 'tpu'], "argument --device: invalid choice: 'tpu'"],
    [['--ssl-certfile', '/x'], '--ssl-certfile and --ssl-keyfile go together'],
    [['--config', '/no/such.yaml'], 'The config file /no/such.yaml does not exist'],
  ])('refuses %j as argparse does', (argv, message) => {
    expect(() => readOptions(argv, {})).toThrow(UsageError);
    expect(() => readOptions(argv, {})).toThrow(message);
  });

  it('refuses a key that the file has wrong', () => {
    const file = path.join(folder, 'b.yaml');
    writeFileSync(file, 'max-num-sequences: 4\n');
    expect(() => readOptions(['--config', file], {})).toThrow('unrecognized arguments: --max-num-sequences');
  });

  it('refuses a context longer than its cache, as vLLM does', () => {
    expect(() => readOptions(['--kv-cache-memory-bytes', '1Mi'], {})).toThrow(StartupError);
    expect(() => readOptions(['--kv-cache-memory-bytes', '1Mi'], {})).toThrow(
      '(2048) is larger than the maximum number of tokens that can be stored in KV cache (256)',
    );
    expect(readOptions(['--kv-cache-memory-bytes', '1Mi', '--max-model-len', '256'], {}).maxModelLen).toBe(256);
  });
});
