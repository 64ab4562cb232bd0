import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { cpuLimitMilli } from './cpu-limit.ts';
import { deviceProfiles, grantedGpus, type DeviceProfile, type GpuGrant } from './devices.ts';
import { findModel, modelProfiles, type ModelProfile } from './models.ts';
import { findRelease, type Release } from './releases.ts';

export interface ServerOptions {
  readonly host: string | undefined;
  readonly port: number;
  /** Plain HTTP port for /health, /ping and /metrics only, beside the API's. Not vLLM's: it stands for the sidecar that probes need under mTLS. */
  readonly managementPort: number | undefined;
  readonly model: ModelProfile;
  readonly servedModelNames: readonly string[];
  readonly device: DeviceProfile;
  /** Devices that share the model. */
  readonly deviceCount: number;
  readonly release: Release;
  /** In thousandths of a core; undefined where the container has no limit. */
  readonly cpuLimitMilli: number | undefined;
  readonly apiKeys: readonly string[];
  readonly tls: TlsFiles | undefined;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxQueued: number;
  readonly kvCacheBytes: number;
  readonly enablePrefixCaching: boolean;
  readonly loadMs: number;
  readonly seed: number;
  readonly upstreamUrl: string | undefined;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string | undefined;
  /** As Python's ssl: 0 none, 1 optional, 2 required. */
  readonly certReqs: 0 | 1 | 2;
}

/** Wrong usage, as argparse reports it: exit code 2. */
export class UsageError extends Error {}
/** Right usage that cannot work, as vLLM reports it: exit code 1. */
export class StartupError extends Error {}

type Parsed = ReadonlyMap<string, readonly string[]>;

const flags: Readonly<Record<string, 'value' | 'list' | 'switch'>> = {
  model: 'value',
  config: 'value',
  host: 'value',
  port: 'value',
  'management-port': 'value',
  'served-model-name': 'list',
  'api-key': 'list',
  'ssl-certfile': 'value',
  'ssl-keyfile': 'value',
  'ssl-ca-certs': 'value',
  'ssl-cert-reqs': 'value',
  'max-model-len': 'value',
  'max-num-seqs': 'value',
  'max-queued-requests': 'value',
  'kv-cache-memory-bytes': 'value',
  'enable-prefix-caching': 'switch',
  'no-enable-prefix-caching': 'switch',
  device: 'value',
  'tensor-parallel-size': 'value',
  'gpu-memory-utilization': 'value',
  seed: 'value',
};

const PROGRAM = 'vllm serve';

/** Reads command line, `--config` file and environment, in this order of precedence. Throws UsageError or StartupError. */
export function readOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ServerOptions {
  const commandLine = parseArguments(argv);
  const config = commandLine.get('config')?.[0];
  const parsed: Parsed = config === undefined ? commandLine : new Map([...parseConfig(config), ...commandLine]);
  const one = (flag: string): string | undefined => parsed.get(flag)?.[0];
  const model = requireModel(one('model') ?? env['MODEL'] ?? modelProfiles[0]?.id ?? '');
  const maxModelLen = readInteger('max-model-len', one('max-model-len'), 64, model.maxModelLen) ?? model.maxModelLen;
  const kvCacheBytes = readBytes('kv-cache-memory-bytes', one('kv-cache-memory-bytes')) ?? model.kvCacheBytes;
  requireRoom(maxModelLen, Math.floor(kvCacheBytes / model.kvBytesPerToken));
  const placement = placeModel(one, env);
  requireDeviceMemory(
    placement,
    model.weightsBytes,
    kvCacheBytes,
    readShare('gpu-memory-utilization', one('gpu-memory-utilization')) ?? 0.9,
  );
  return {
    host: one('host'),
    port: readInteger('port', one('port') ?? env['PORT'], 1, 65_535) ?? 8000,
    managementPort: readInteger('management-port', one('management-port') ?? env['MANAGEMENT_PORT'], 1, 65_535),
    model,
    servedModelNames: parsed.get('served-model-name') ?? [model.id],
    device: placement.device,
    deviceCount: placement.count,
    release: findRelease(env['INFERENCE_RELEASE'] ?? 'dev'),
    cpuLimitMilli: cpuLimitMilli(env),
    apiKeys: parsed.get('api-key') ?? (env['VLLM_API_KEY'] === undefined || env['VLLM_API_KEY'] === '' ? [] : [env['VLLM_API_KEY']]),
    tls: readTls(one),
    maxModelLen,
    maxNumSeqs: readInteger('max-num-seqs', one('max-num-seqs'), 1, 1024) ?? 16,
    maxQueued: readInteger('max-queued-requests', one('max-queued-requests'), 0, 100_000) ?? 256,
    kvCacheBytes,
    enablePrefixCaching: !parsed.has('no-enable-prefix-caching'),
    loadMs: readInteger('LOAD_MS', env['LOAD_MS'], 0, 600_000) ?? model.loadMs,
    seed: readInteger('seed', one('seed'), 0, 2 ** 31) ?? 0,
    upstreamUrl: env['UPSTREAM_URL'] === '' ? undefined : env['UPSTREAM_URL'],
  };
}

function parseArguments(argv: readonly string[]): Parsed {
  const parsed = new Map<string, string[]>();
  const words = argv[0] === 'serve' ? argv.slice(1) : [...argv];
  if (words[0] !== undefined && !words[0].startsWith('-')) parsed.set('model', [words.shift() ?? '']);
  while (words.length > 0) {
    const [name, inline] = splitFlag(words.shift() ?? '');
    const kind = flags[name];
    if (kind === undefined) throw new UsageError(`${PROGRAM}: error: unrecognized arguments: --${name}`);
    const values = inline === undefined ? takeValues(words, kind) : [inline];
    if (kind !== 'switch' && values.length === 0)
      throw new UsageError(`${PROGRAM}: error: argument --${name}: expected ${kind === 'list' ? 'at least one' : 'one'} argument`);
    parsed.set(name, values);
  }
  return parsed;
}

function splitFlag(word: string): [string, string?] {
  if (!word.startsWith('--')) throw new UsageError(`${PROGRAM}: error: unrecognized arguments: ${word}`);
  const [name = '', ...rest] = word.slice(2).split('=');
  return rest.length === 0 ? [name.replaceAll('_', '-')] : [name.replaceAll('_', '-'), rest.join('=')];
}

function takeValues(words: string[], kind: 'value' | 'list' | 'switch'): string[] {
  const limit = kind === 'switch' ? 0 : kind === 'value' ? 1 : Number.POSITIVE_INFINITY;
  const values: string[] = [];
  while (values.length < limit && words[0] !== undefined && !words[0].startsWith('--')) values.push(words.shift() ?? '');
  return values;
}

function parseConfig(file: string): Parsed {
  if (!existsSync(file)) throw new UsageError(`${PROGRAM}: error: The config file ${file} does not exist`);
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new StartupError(`Unable to read the config file at ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (document === null || document === undefined) return new Map();
  if (typeof document !== 'object' || Array.isArray(document))
    throw new StartupError(`The config file ${file} must be a mapping of option names to values`);
  const parsed = new Map<string, string[]>();
  for (const [key, value] of Object.entries(document)) {
    const name = key.replaceAll('_', '-');
    if (flags[name] === undefined) throw new UsageError(`${PROGRAM}: error: unrecognized arguments: --${name} (from ${file})`);
    if (value === false) continue;
    parsed.set(name, flags[name] === 'switch' ? [] : (Array.isArray(value) ? (value as unknown[]) : [value as unknown]).map(String));
  }
  return parsed;
}

function requireModel(id: string): ModelProfile {
  const model = findModel(id);
  if (model !== undefined) return model;
  const known = modelProfiles.map((profile) => profile.id).join(', ');
  throw new StartupError(`OSError: ${id} is not a local folder and is not a valid model identifier. The registry holds: ${known}`);
}

function requireRoom(maxModelLen: number, cacheTokens: number): void {
  if (maxModelLen <= cacheTokens) return;
  throw new StartupError(
    `ValueError: The model's max seq len (${maxModelLen}) is larger than the maximum number of tokens that can be stored in KV cache (${cacheTokens}). ` +
      'Try increasing `kv_cache_memory_bytes` or decreasing `max_model_len` when initializing the engine.',
  );
}

/** As vLLM does it: `auto` takes the GPU where there is one, `cuda` fails without, and no more can be used than were granted. */
function placeModel(one: (flag: string) => string | undefined, env: Readonly<Record<string, string | undefined>>): GpuGrant {
  const wanted = readChoice('device', one('device') ?? env['DEVICE'] ?? 'auto', ['auto', 'cpu', 'cuda'] as const);
  const count = readInteger('tensor-parallel-size', one('tensor-parallel-size'), 1, 16) ?? 1;
  const granted = grantedGpus(env);
  if (wanted === 'cuda' && granted === undefined) throw new StartupError('RuntimeError: No CUDA GPUs are available');
  if (wanted === 'cpu' || granted === undefined) return { device: deviceProfiles.cpu, count: 1 };
  if (count > granted.count)
    throw new StartupError(
      `ValueError: World size (${count}) is larger than the number of available GPUs (${granted.count}) in this node. ` +
        'If this is intentional and you are using multiple nodes, set `--distributed-executor-backend` to `ray`.',
    );
  return { device: granted.device, count };
}

/** What a GPU's memory cannot hold fails while it loads, in PyTorch's words. */
function requireDeviceMemory({ device, count }: GpuGrant, weightsBytes: number, kvCacheBytes: number, utilization: number): void {
  if (device.memoryBytes === undefined) return;
  const usable = device.memoryBytes * count * utilization;
  const needed = weightsBytes + kvCacheBytes;
  if (needed <= usable) return;
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  throw new StartupError(
    `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ${mib(needed / count)}. GPU 0 has a total capacity of ` +
      `${mib(device.memoryBytes)} of which ${mib(usable / count)} may be used.`,
  );
}

function readTls(one: (flag: string) => string | undefined): TlsFiles | undefined {
  const certFile = one('ssl-certfile');
  const keyFile = one('ssl-keyfile');
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new UsageError(`${PROGRAM}: error: --ssl-certfile and --ssl-keyfile go together`);
  const certReqs = readInteger('ssl-cert-reqs', one('ssl-cert-reqs'), 0, 2) ?? 0;
  const caFile = one('ssl-ca-certs');
  if (certReqs > 0 && caFile === undefined) throw new UsageError(`${PROGRAM}: error: --ssl-cert-reqs ${certReqs} needs --ssl-ca-certs`);
  return { certFile, keyFile, caFile, certReqs: certReqs as 0 | 1 | 2 };
}

function readInteger(flag: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw new UsageError(`${PROGRAM}: error: argument --${flag}: invalid int value: '${text}'`);
  const value = Number(text);
  if (value < least || value > most)
    throw new UsageError(`${PROGRAM}: error: argument --${flag}: ${value} is not between ${least} and ${most}`);
  return value;
}

const byteUnits: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 };

function readBytes(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)([kmg]i?)?b?$/i.exec(text);
  const unit = byteUnits[(match?.[2] ?? '').toLowerCase()];
  if (match === null || unit === undefined)
    throw new UsageError(`${PROGRAM}: error: argument --${flag}: invalid size: '${text}' (write for example 64Mi)`);
  return Math.floor(Number(match[1]) * unit);
}

/** A share above 0 and at most 1. */
function readShare(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value))
    throw new UsageError(`${PROGRAM}: error: argument --${flag}: invalid float value: '${text}'`);
  if (value <= 0 || value > 1) throw new UsageError(`${PROGRAM}: error: argument --${flag}: ${text} is not above 0 and at most 1`);
  return value;
}

function readChoice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined)
    throw new UsageError(`${PROGRAM}: error: argument --${flag}: invalid choice: '${text}' (choose from ${choices.join(', ')})`);
  return choice;
}
