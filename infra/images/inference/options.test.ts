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
    expect(options).toMatchObject({ port: 8000, apiKeys: [], tls: undefined, deviceCount: 1, servedModelNames: ['drillhouse/sparrow-1b'] });
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

  it.each([
    [[], {}, 'cpu', 1],
    [[], { NVIDIA_VISIBLE_DEVICES: 'GPU-1' }, 'l4', 1],
    [['--device', 'cpu'], { NVIDIA_VISIBLE_DEVICES: 'GPU-1' }, 'cpu', 1],
    [['--device', 'cuda'], { NVIDIA_VISIBLE_DEVICES: 'GPU-1', GPU_PRODUCT: 'NVIDIA-A100-SXM4-80GB' }, 'a100', 1],
    [['--tensor-parallel-size', '2'], { NVIDIA_VISIBLE_DEVICES: 'GPU-1,GPU-2', GPU_PRODUCT: 'NVIDIA-H100-80GB-HBM3' }, 'h100', 2],
    [[], { NVIDIA_VISIBLE_DEVICES: 'void' }, 'cpu', 1],
  ])('runs %j with %j on %s', (argv, env, name, count) => {
    const { device, deviceCount } = readOptions(argv, env);
    expect([device.name, deviceCount]).toEqual([name, count]);
  });

  it.each([
    [['--device', 'cuda'], {}, 'RuntimeError: No CUDA GPUs are available'],
    [['--device', 'cuda'], { NVIDIA_VISIBLE_DEVICES: 'void' }, 'RuntimeError: No CUDA GPUs are available'],
    [
      ['--tensor-parallel-size', '2'],
      { NVIDIA_VISIBLE_DEVICES: 'GPU-1' },
      'World size (2) is larger than the number of available GPUs (1)',
    ],
    [['--model', 'drillhouse/condor-70b'], { NVIDIA_VISIBLE_DEVICES: 'GPU-1' }, 'torch.OutOfMemoryError: CUDA out of memory.'],
    [['--gpu-memory-utilization', '0.1'], { NVIDIA_VISIBLE_DEVICES: 'GPU-1' }, 'torch.OutOfMemoryError: CUDA out of memory.'],
  ])('cannot start %j with %j', (argv, env, message) => {
    expect(() => readOptions(argv, env)).toThrow(StartupError);
    expect(() => readOptions(argv, env)).toThrow(message);
  });

  it('fits the large model on a larger GPU, or on two', () => {
    const argv = ['--model', 'drillhouse/condor-70b'];
    expect(readOptions(argv, { NVIDIA_VISIBLE_DEVICES: 'GPU-1', GPU_PRODUCT: 'NVIDIA-A100-SXM4-80GB' }).device.name).toBe('a100');
    expect(readOptions([...argv, '--tensor-parallel-size', '2'], { NVIDIA_VISIBLE_DEVICES: 'GPU-1,GPU-2' }).deviceCount).toBe(2);
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
