import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { bundlePath, type ImageProgram } from '../../images/bundle.ts';
import { findImage, imageReferenceSchema, labRegistry, type ImageDefinition } from '../../images/catalogue.ts';
import { hasPrometheus, prometheusFolder } from '../../setup/prometheus.ts';
import type { ImageInfo, PullOutcome } from '../runtime.ts';
import type { WireImage } from './wire.ts';

/** Looks a reference up in the catalogue as a pull would: what is not in it fails in containerd's words. */
export function resolvePull(reference: string): PullOutcome {
  if (!imageReferenceSchema.safeParse(reference).success)
    return {
      kind: 'failed',
      reason: 'InvalidName',
      message: `failed to pull image ${JSON.stringify(reference)}: invalid reference format`,
    };
  const image = findImage(reference);
  if (image === undefined) return missing(reference);
  if (!isNative(image))
    return {
      kind: 'failed',
      reason: 'WrongPlatform',
      message: `${unpackFailure(reference)}: no match for platform in manifest: not found`,
    };
  return { kind: 'present', image: imageInfo(image), tookMs: 0 };
}

/** A registry that does not exist, as ours does not either, differs from one that lacks the image. */
function missing(reference: string): PullOutcome {
  const full = fullReference(reference);
  const resolving = `${unpackFailure(full)}: failed to resolve reference "${full}"`;
  const [registry = '', ...rest] = full.split('/');
  if (registry === labRegistry) return { kind: 'failed', reason: 'NotFound', message: `${resolving}: ${full}: not found` };
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const { name, version } = splitVersion(rest.join('/'));
  const request = `Head "https://${host}/v2/${name}/manifests/${version}"`;
  return {
    kind: 'failed',
    reason: 'Unreachable',
    message: `${resolving}: failed to do request: ${request}: dial tcp: lookup ${host}: no such host`,
  };
}

function unpackFailure(reference: string): string {
  return `failed to pull and unpack image "${reference}"`;
}

/** With the registry, repository and tag that a short reference leaves out. */
export function fullReference(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const named = hasRegistry ? reference : `docker.io/${rest.length === 0 ? 'library/' : ''}${reference}`;
  return /[:@][^/]*$/.test(named) ? named : `${named}:latest`;
}

function splitVersion(repository: string): { readonly name: string; readonly version: string } {
  const [, name = repository, version = 'latest'] =
    /^([^:@]+)(?::[^@]*)?@(.+)$/.exec(repository) ?? /^([^:@]+):(.+)$/.exec(repository) ?? [];
  return { name, version };
}

export function findImageInfo(reference: string): ImageInfo | undefined {
  const image = findImage(reference);
  // What is of another platform is in the registry, and no pull brings it here.
  return image === undefined || !isNative(image) ? undefined : imageInfo(image);
}

function isNative({ platform }: ImageDefinition): boolean {
  return platform === undefined || platform === process.arch;
}

function imageInfo(image: ImageDefinition): ImageInfo {
  const files = programFiles(image).map(({ hostPath }) => hostPath);
  const hash = createHash('sha256').update(JSON.stringify(image));
  for (const file of files) hash.update(readFileSync(file));
  const sizeBytes = [process.execPath, ...files].reduce((sum, file) => sum + statSync(file).size, 0);
  return { reference: image.reference, id: `sha256:${hash.digest('hex')}`, sizeBytes, user: image.user };
}

/** What the supervisor must know to run the image; undefined for one that is not in the catalogue. */
export function findWireImage(reference: string): WireImage | undefined {
  const image = findImage(reference);
  if (image === undefined) return undefined;
  const { env, entrypoint, cmd, workingDir } = image;
  return {
    template: image.folder === 'workspace' ? 'workspace' : 'base',
    env,
    entrypoint,
    cmd,
    workingDir,
    user: parseUser(image.user),
    files: [...programFiles(image), ...packageFiles(image)],
  };
}

/** Where the image's entry point looks for it; see infra/images/prometheus. */
const PROMETHEUS_PATH = '/app/prometheus';

/** A machine without Prometheus still resolves its image: the entry point says what is missing. */
function packageFiles({ folder }: ImageDefinition): WireImage['files'] {
  return folder === 'prometheus' && hasPrometheus() ? [{ containerPath: PROMETHEUS_PATH, hostPath: prometheusFolder }] : [];
}

function programFiles({ entrypoint }: ImageDefinition): WireImage['files'] {
  return entrypoint.flatMap((word) => {
    const program = /^\/app\/(\w+)\.mjs$/.exec(word)?.[1];
    return program === undefined ? [] : [{ containerPath: word, hostPath: bundlePath(program as ImageProgram) }];
  });
}

function parseUser(user: string): { readonly uid: number; readonly gid: number } {
  const [uid = 0, gid = 0] = user === 'root' ? [] : user.split(':').map(Number);
  return { uid, gid };
}
