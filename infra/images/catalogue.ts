import { z } from 'zod';
import { prometheusEntrypoint } from './prometheus/entrypoint.ts';

/**
 * The images that sandboxes may run, for both runtimes. The `docker` runtime builds each from its folder and tags it with
 * `reference`; the `process` runtime runs `process.command` instead. A reference that is not here fails like a pull.
 */
export interface ImageDefinition {
  /** Full reference, e.g. `registry.lab/inference:1.4.2`. */
  readonly reference: string;
  /** Folder below infra/images that holds the Dockerfile. */
  readonly folder: string;
  /** Environment baked into this tag, e.g. which release of the inference server it is. */
  readonly env: Readonly<Record<string, string>>;
  /** The image's own entry point and arguments, as Docker has them. `node` and `/app/<name>.mjs` are resolved by the process runtime. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  /** `root` or `uid:gid`. */
  readonly user: string;
  /** Set when the tag is one that cannot run here: pulled, but starts with `exec format error`, or never found for this platform. */
  readonly platform?: 'arm64';
}

const APP_USER = '10001:10001';
/** What each of them is like stands in inference/releases.ts. */
const INFERENCE_RELEASES = ['1.4.1', '1.4.2', '1.5.0', '1.5.1', '1.5.2', '1.6.0'] as const;

function inferenceImage(release: string): ImageDefinition {
  return {
    reference: `registry.lab/inference:${release}`,
    folder: 'inference',
    env: { INFERENCE_RELEASE: release, NODE_ENV: 'production' },
    entrypoint: ['node', '/app/inference.mjs'],
    cmd: [],
    workingDir: '/app',
    user: APP_USER,
  };
}

export const imageCatalogue: readonly ImageDefinition[] = [
  { reference: 'registry.lab/base:1.0', folder: 'base', env: {}, entrypoint: [], cmd: ['bash'], workingDir: '/', user: 'root' },
  {
    // What a pod's containers become while an experiment has them fail: it waits, whatever arguments it is given.
    reference: 'registry.lab/pause:1.0',
    folder: 'base',
    env: {},
    entrypoint: ['bash', '-c', 'exec sleep infinity'],
    cmd: [],
    workingDir: '/',
    user: 'root',
  },
  {
    reference: 'registry.lab/workspace:1.0',
    folder: 'workspace',
    env: { LANG: 'C.UTF-8', EDITOR: 'nano' },
    entrypoint: [],
    cmd: ['sleep', 'infinity'],
    workingDir: '/home/trainee',
    user: '1000:1000',
  },
  ...INFERENCE_RELEASES.map(inferenceImage),
  { ...inferenceImage('1.6.0-arm64'), platform: 'arm64' },
  {
    reference: 'registry.lab/prober:1.0',
    folder: 'prober',
    env: { NODE_ENV: 'production' },
    entrypoint: ['node', '/app/prober.mjs'],
    cmd: ['idle'],
    workingDir: '/app',
    user: APP_USER,
  },
  {
    reference: 'registry.lab/provider:1.0',
    folder: 'provider',
    env: { NODE_ENV: 'production' },
    entrypoint: ['node', '/app/provider.mjs'],
    cmd: ['serve'],
    workingDir: '/app',
    user: APP_USER,
  },
  {
    reference: 'registry.lab/gateway:1.0',
    folder: 'gateway',
    env: { NODE_ENV: 'production' },
    entrypoint: ['node', '/app/gateway.mjs'],
    cmd: [],
    workingDir: '/app',
    user: APP_USER,
  },
  {
    reference: 'registry.lab/retrieval:1.0',
    folder: 'retrieval',
    env: { NODE_ENV: 'production' },
    entrypoint: ['node', '/app/retrieval.mjs'],
    cmd: [],
    workingDir: '/app',
    user: APP_USER,
  },
  {
    // The version that Debian trixie has.
    reference: 'registry.lab/prometheus:2.53',
    folder: 'prometheus',
    env: {},
    entrypoint: prometheusEntrypoint,
    cmd: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/tmp/prometheus', '--web.enable-lifecycle'],
    workingDir: '/tmp',
    user: APP_USER,
  },
];

/** The registry every image of the catalogue is named after; nothing listens there. */
export const labRegistry = 'registry.lab';

export function findImage(reference: string): ImageDefinition | undefined {
  return imageCatalogue.find((image) => image.reference === reference);
}

/** Shape of an image reference that Kubernetes accepts: name, optional tag, optional digest. */
export const imageReferenceSchema = z
  .string()
  .regex(
    /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  );
