import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { engineMessage, statusCodeOf, type Engine } from '../runtime/docker/engine.ts';
import { label } from '../runtime/docker/labels.ts';
import type { ImageRecipe } from './image-plan.ts';

/** Enough of a failed build's output to see why. */
const ERROR_LINES = 20;

export class ImageBuildError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImageBuildError';
  }
}

/** The hash that an image was built from; undefined when it is not there or not ours. */
export async function imageHash(engine: Engine, reference: string): Promise<string | undefined> {
  const image = await inspectImage(engine, reference);
  return image?.labels[label.hash];
}

export async function inspectImage(
  engine: Engine,
  reference: string,
): Promise<{ readonly id: string; readonly labels: Readonly<Record<string, string>> } | undefined> {
  try {
    const { Id, Config } = await engine.calls.getImage(reference).inspect();
    // An imported image without labels has null here, whatever the types say.
    const labels = Config.Labels as Record<string, string> | null;
    return { id: Id, labels: labels ?? {} };
  } catch (error) {
    if (statusCodeOf(error) === 404) return undefined;
    throw new ImageBuildError(`Cannot look at image ${reference}: ${engineMessage(error)}`, { cause: error });
  }
}

/**
 * Builds one recipe. The host's network is the build's, because a package mirror may be reachable from nowhere else; proxies come
 * from the environment as Docker's own client takes them.
 */
export async function buildImage(engine: Engine, recipe: ImageRecipe, signal: AbortSignal): Promise<void> {
  const output = await engine.streams.buildImage(contextOf(recipe), {
    t: recipe.reference,
    buildargs: { BASE: recipe.parent, ...proxyArguments(process.env) },
    networkmode: 'host',
    forcerm: true,
    abortSignal: signal,
  });
  await finished(engine, output, recipe.reference, signal);
}

/** Files carry no time, so that the engine's layer cache goes by content. */
function contextOf(recipe: ImageRecipe): NodeJS.ReadableStream {
  const tar = pack();
  const mtime = new Date(0);
  tar.entry({ name: 'Dockerfile', mtime }, recipe.dockerfile);
  for (const file of recipe.files) tar.entry({ name: file.name, mode: file.executable ? 0o755 : 0o644, mtime }, file.content);
  tar.finalize();
  return Readable.from(tar);
}

function proxyArguments(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Makes an image out of a root file system's tar. `changes` are Dockerfile instructions. */
export async function importImage(
  engine: Engine,
  image: { readonly reference: string; readonly tar: Readable; readonly changes: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const [repo, tag] = splitTag(image.reference);
  const output = await engine.streams.importImage(image.tar, {
    repo,
    tag,
    changes: image.changes,
    abortSignal: signal,
  });
  await finished(engine, output, image.reference, signal);
}

/** Removes images of ours that a newer build took the name from, as far as nothing runs them. */
export async function removeSuperseded(engine: Engine): Promise<void> {
  await engine.calls.pruneImages({ filters: { dangling: ['true'], label: [label.image] } });
}

/** Takes in what `docker save` writes. */
export async function loadImage(engine: Engine, reference: string, archive: Readable, signal: AbortSignal): Promise<void> {
  await finished(engine, await engine.streams.loadImage(archive, { quiet: true, abortSignal: signal }), reference, signal);
}

/** A bounded try at a registry. Answers the engine's reason when it could not. */
export async function tryPull(engine: Engine, reference: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const output = await engine.streams.pull(reference, { abortSignal: signal });
    await finished(engine, output, reference, signal);
    return undefined;
  } catch (error) {
    return engineMessage(error);
  }
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** Answers the digest that the registry knows it by. */
export async function pushImage(engine: Engine, reference: string, login: RegistryLogin | undefined, signal: AbortSignal): Promise<string> {
  const [, tag] = splitTag(reference);
  const output = await engine.streams
    .getImage(reference)
    .push({ tag, abortSignal: signal, ...(login === undefined ? {} : { authconfig: login }) });
  const entries = await finished(engine, output, reference, signal);
  const digest = entries.find(({ aux }) => aux?.Digest !== undefined)?.aux?.Digest;
  if (digest === undefined) throw new ImageBuildError(`${reference}: pushed, but the engine told no digest`);
  return digest;
}

function splitTag(reference: string): readonly [string, string] {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest'];
}

interface ProgressEntry {
  readonly stream?: string;
  readonly error?: string;
  readonly aux?: { readonly Digest?: string };
}

/** The engine answers 200 before it works; whether it worked stands in the stream's last entries. */
function finished(
  engine: Engine,
  output: NodeJS.ReadableStream,
  reference: string,
  signal: AbortSignal,
): Promise<readonly ProgressEntry[]> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new ImageBuildError(`${reference}: gave up: ${String(signal.reason)}`));
    signal.addEventListener('abort', abort, { once: true });
    engine.streams.modem.followProgress(output, (error: Error | null, entries: readonly ProgressEntry[] | null) => {
      signal.removeEventListener('abort', abort);
      const failure = error?.message ?? entries?.find((entry) => entry.error !== undefined)?.error;
      if (failure === undefined) resolve(entries ?? []);
      else reject(new ImageBuildError(`${reference}: ${failure}\n${lastLines(entries ?? [])}`, { cause: error ?? undefined }));
    });
  });
}

function lastLines(entries: readonly ProgressEntry[]): string {
  const text = entries.map((entry) => entry.stream ?? '').join('');
  return text.split('\n').slice(-ERROR_LINES).join('\n');
}
