import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { openStream, type Engine } from '../runtime/docker/engine.ts';
import { labRegistry } from './catalogue.ts';
import { ImageBuildError, loadImage, pushImage, type RegistryLogin } from './engine-images.ts';
import { writeStableArchive } from './stable-archive.ts';

export interface PushOptions {
  /** Host, optional port and optional path, e.g. `images.example.com/drillhouse`. */
  readonly registry: string;
  /** Seconds since 1970; nothing in the images is younger. */
  readonly epochSeconds: number;
  readonly login: RegistryLogin | undefined;
  readonly report: (line: string) => void;
}

export interface PushedImage {
  readonly reference: string;
  /** `sha256:…` of the manifest, by which the image can be named so that nobody can put another one there. */
  readonly digest: string;
}

const registryShape = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const ownPrefix = 'drillhouse';

/** The name in the registry: `registry.lab/inference:1.4.2` and `drillhouse/server:0.1.0` become `<registry>/inference:1.4.2` and `<registry>/server:0.1.0`. Pure. */
export function pushedReference(reference: string, registry: string): string {
  const prefix = [labRegistry, ownPrefix].find((each) => reference.startsWith(`${each}/`));
  if (prefix === undefined) throw new ImageBuildError(`${reference} is not one of ours.`);
  return `${registry}${reference.slice(prefix.length)}`;
}

/** What is wrong with a registry's name, as a sentence; undefined when nothing is. Pure. */
export function explainRegistry(registry: string): string | undefined {
  if (registry.includes('://')) return `${registry}: a registry is named without https://, e.g. images.example.com/drillhouse.`;
  if (registryShape.test(registry) && registry !== labRegistry) return undefined;
  return `${registry}: not a registry; name its host, and a path where it wants one, e.g. images.example.com/drillhouse.`;
}

/** Makes the images independent of when and where they were built, tags them for the registry and pushes them, one after the other. */
export async function pushImages(
  engine: Engine,
  references: readonly string[],
  options: PushOptions,
  signal: AbortSignal,
): Promise<readonly PushedImage[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-push-'));
  const rename = (reference: string): string => pushedReference(reference, options.registry);
  try {
    const archive = path.join(folder, 'images.tar');
    const names = references.map((reference) => `names=${encodeURIComponent(reference)}`).join('&');
    const saved = await openStream(engine, `/images/get?${names}`, {}, signal);
    await writeStableArchive(saved, createWriteStream(archive), { rename, epochSeconds: options.epochSeconds, folder });
    await loadImage(engine, options.registry, createReadStream(archive), signal);
    const pushed: PushedImage[] = [];
    for (const reference of references.map(rename)) {
      const digest = await pushImage(engine, reference, options.login, signal);
      options.report(`pushed ${reference}@${digest}`);
      pushed.push({ reference, digest });
    }
    return pushed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const dockerConfigSchema = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional() });

/** As `docker login` left it in the file of Docker's client; undefined when it did not, or keeps it in a helper of the machine. */
export async function readLogin(registry: string, environment: NodeJS.ProcessEnv): Promise<RegistryLogin | undefined> {
  const file = path.join(environment.DOCKER_CONFIG ?? path.join(homedir(), '.docker'), 'config.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const [host = ''] = registry.split('/');
  const { auths = {} } = dockerConfigSchema.parse(JSON.parse(text));
  const auth = auths[host]?.auth ?? auths[`https://${host}`]?.auth;
  if (auth === undefined) return undefined;
  const [username = '', ...password] = Buffer.from(auth, 'base64').toString().split(':');
  return { username, password: password.join(':'), serveraddress: host };
}
