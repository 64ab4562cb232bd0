import type { ImageInspectInfo } from 'dockerode';
import { imageReferenceSchema, labRegistry } from '../../images/catalogue.ts';
import type { ImageInfo, PullOutcome } from '../runtime.ts';
import { engineMessage, statusCodeOf, toRuntimeError, translating, type Engine } from './engine.ts';
import { label } from './labels.ts';

export interface PullPolicy {
  /** Whether registries may be asked at all. */
  readonly allowPull: boolean;
  readonly pullTimeoutMs: number;
}

/** What the engine has under a reference, as far as a pod may know of it. */
type LocalImage = { readonly info: ImageInfo; readonly architecture: string };

/** Makes images available and says in containerd's words why one is not. */
export class ImagePuller {
  readonly #engine: Engine;
  readonly #policy: PullPolicy;
  #architecture: Promise<string> | undefined;

  constructor(engine: Engine, policy: PullPolicy) {
    this.#engine = engine;
    this.#policy = policy;
  }

  async pull(reference: string, signal?: AbortSignal): Promise<PullOutcome> {
    const startedAt = performance.now();
    if (!imageReferenceSchema.safeParse(reference).success) {
      return { kind: 'failed', reason: 'InvalidName', message: `couldn't parse image name "${reference}": invalid reference format` };
    }
    const present = await this.#find(reference);
    if (present !== undefined) return this.#checked(reference, present, 'present', startedAt);
    const failure = await this.#fetch(reference, signal);
    if (failure !== undefined) return failure;
    const pulled = await this.#find(reference);
    return pulled === undefined ? notFound(reference) : this.#checked(reference, pulled, 'pulled', startedAt);
  }

  /** What is here of another platform is of no use: a pull says so. */
  async get(reference: string): Promise<ImageInfo | undefined> {
    const image = await this.#find(reference);
    return image?.architecture === (await this.#engineArchitecture()) ? image.info : undefined;
  }

  async #checked(reference: string, image: LocalImage, kind: 'present' | 'pulled', startedAt: number): Promise<PullOutcome> {
    if (image.architecture !== (await this.#engineArchitecture())) {
      return {
        kind: 'failed',
        reason: 'WrongPlatform',
        message: `failed to pull and unpack image "${qualified(reference)}": no match for platform in manifest: not found`,
      };
    }
    return { kind, image: image.info, tookMs: performance.now() - startedAt };
  }

  #engineArchitecture(): Promise<string> {
    this.#architecture ??= translating('asking for its version', async () => (await this.#engine.calls.version()).Arch);
    this.#architecture.catch(() => (this.#architecture = undefined));
    return this.#architecture;
  }

  async #find(reference: string): Promise<LocalImage | undefined> {
    try {
      const image = await this.#engine.calls.getImage(reference).inspect();
      return isOffered(image, this.#policy) ? { info: toImageInfo(reference, image), architecture: image.Architecture } : undefined;
    } catch (error) {
      if (statusCodeOf(error) === 404) return undefined;
      throw toRuntimeError(error, `looking at image ${reference}`);
    }
  }

  /** Undefined when the engine now has it. */
  async #fetch(reference: string, signal: AbortSignal | undefined): Promise<PullOutcome | undefined> {
    if (registryOf(reference) === labRegistry) return notFound(reference);
    if (!this.#policy.allowPull) return unreachable(reference, `dial tcp: lookup ${registryOf(reference)}: no such host`);
    const limit = AbortSignal.timeout(this.#policy.pullTimeoutMs);
    try {
      await this.#download(withTag(reference), signal === undefined ? limit : AbortSignal.any([signal, limit]));
      return undefined;
    } catch (error) {
      return limit.aborted ? unreachable(reference, 'context deadline exceeded') : planPullFailure(reference, engineMessage(error));
    }
  }

  async #download(reference: string, signal: AbortSignal): Promise<void> {
    const progress = await this.#engine.streams.pull(reference, { abortSignal: signal });
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error(String(signal.reason))), { once: true });
      this.#engine.streams.modem.followProgress(progress, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}

/** Other images that happen to lie on the engine are not the trainees': without leave to pull, only what the project built is there. */
function isOffered(image: ImageInspectInfo, policy: PullPolicy): boolean {
  const labels = image.Config.Labels as Record<string, string> | null;
  return policy.allowPull || labels?.[label.image] !== undefined;
}

function toImageInfo(reference: string, image: ImageInspectInfo): ImageInfo {
  return { reference, id: image.Id, sizeBytes: image.Size, user: image.Config.User };
}

/** An engine's refusal in the port's terms. The sentences are those of registries and engines of the last years. */
export function planPullFailure(reference: string, message: string): PullOutcome {
  if (/unauthorized|authentication required|denied/i.test(message)) {
    const detail = `failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`;
    return failed('Unauthorized', reference, detail);
  }
  if (/no matching manifest|no match for platform|does not match the specified platform/i.test(message)) {
    return {
      kind: 'failed',
      reason: 'WrongPlatform',
      message: `failed to pull and unpack image "${qualified(reference)}": no match for platform in manifest: not found`,
    };
  }
  if (/not found|manifest unknown|name unknown/i.test(message)) return notFound(reference);
  return unreachable(reference, message);
}

function notFound(reference: string): PullOutcome {
  return failed('NotFound', reference, `${qualified(reference)}: not found`);
}

function unreachable(reference: string, cause: string): PullOutcome {
  return failed('Unreachable', reference, `failed to do request: Head "${manifestUrl(reference)}": ${cause}`);
}

function failed(reason: 'NotFound' | 'Unauthorized' | 'Unreachable', reference: string, detail: string): PullOutcome {
  const name = qualified(reference);
  return { kind: 'failed', reason, message: `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${detail}` };
}

/** A first part with a dot, a colon or `localhost` is a registry; all else lives on Docker Hub. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

function withTag(reference: string): string {
  return /@|:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
}

/** The reference as containerd completes it. */
function qualified(reference: string): string {
  const tagged = withTag(reference);
  if (registryOf(reference) !== 'docker.io' || tagged.startsWith('docker.io/')) return tagged;
  return tagged.includes('/') ? `docker.io/${tagged}` : `docker.io/library/${tagged}`;
}

function manifestUrl(reference: string): string {
  const [registry = '', ...path] = qualified(reference).split('/');
  const [repository = '', tag = 'latest'] = path.join('/').split(/[:@](?=[^/]*$)/);
  return `https://${registry}/v2/${repository}/manifests/${tag}`;
}
