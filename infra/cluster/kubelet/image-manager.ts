import type { ClusterRuntime, ImageInfo } from '../../runtime/runtime.ts';
import type { Clock } from '../meta/clock.ts';
import type { Container } from '../meta/generated/types.ts';
import { canonicalDuration } from '../meta/times.ts';
import type { EventType } from '../client/event-recorder.ts';
import { messages } from './event-messages.ts';
import { imageReferenceFault } from './image-reference.ts';
import type { WaitingReason } from './pod-state.ts';
import { backoffEndsAt, nextBackoff, type BackoffEntry } from './restart-backoff.ts';

/** The events of the back-off follow the failure closely; the status says ErrImagePull for some seconds more, and then ImagePullBackOff. */
const TELL_BACKOFF_MS = 500;
const SHOW_ERROR_MS = 6_000;

export type ImageOutcome =
  | { readonly kind: 'ready'; readonly image: ImageInfo }
  /** `retryAtMs` is Infinity where only another image can help. */
  | { readonly kind: 'waiting'; readonly waiting: WaitingReason; readonly retryAtMs: number };

type Tell = (type: EventType, reason: string, message: string) => void;

interface Failure {
  readonly entry: BackoffEntry;
  readonly failedAtMs: number;
  readonly message: string;
  isBackoffTold: boolean;
}

/** One pod's images: pulls as the policy says, backs off as Kubernetes does, tells both as events. */
export class ImageManager {
  readonly #runtime: ClusterRuntime;
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failure>();

  constructor(runtime: ClusterRuntime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** Throws what the runtime throws when its engine fails. */
  async ensure(container: Container, tell: Tell, signal: AbortSignal): Promise<ImageOutcome> {
    const { image = '', imagePullPolicy = 'IfNotPresent' } = container;
    const fault = imageReferenceFault(image);
    if (fault !== undefined) return this.#invalidName(messages.invalidName(image, fault), tell);
    const present = imagePullPolicy === 'Always' ? undefined : await this.#runtime.getImage(image);
    if (present !== undefined) {
      tell('Normal', 'Pulled', messages.present(image));
      return { kind: 'ready', image: present };
    }
    if (imagePullPolicy === 'Never') {
      tell('Warning', 'ErrImageNeverPull', messages.neverPull(image));
      tell('Warning', 'Failed', messages.error('ErrImageNeverPull'));
      return {
        kind: 'waiting',
        waiting: { reason: 'ErrImageNeverPull', message: messages.neverPull(image) },
        retryAtMs: this.#clock.now() + 10_000,
      };
    }
    return this.#backedOff(image, tell) ?? (await this.#pull(image, tell, signal));
  }

  #invalidName(message: string, tell: Tell): ImageOutcome {
    tell('Warning', 'InspectFailed', message);
    tell('Warning', 'Failed', messages.error('InvalidImageName'));
    return { kind: 'waiting', waiting: { reason: 'InvalidImageName', message }, retryAtMs: Infinity };
  }

  #backedOff(image: string, tell: Tell): ImageOutcome | undefined {
    const failure = this.#failures.get(image);
    if (failure === undefined) return undefined;
    const nowMs = this.#clock.now();
    const retryAtMs = backoffEndsAt(failure.entry, failure.failedAtMs, nowMs);
    if (retryAtMs === undefined) return undefined;
    if (!failure.isBackoffTold) {
      failure.isBackoffTold = true;
      tell('Normal', 'BackOff', messages.pullBackOff(image));
      tell('Warning', 'Failed', messages.error('ImagePullBackOff'));
    }
    const shownUntilMs = failure.failedAtMs + SHOW_ERROR_MS;
    if (nowMs < shownUntilMs)
      return { kind: 'waiting', waiting: { reason: 'ErrImagePull', message: failure.message }, retryAtMs: shownUntilMs };
    const message = `${messages.pullBackOff(image)}: ErrImagePull: ${failure.message}`;
    return { kind: 'waiting', waiting: { reason: 'ImagePullBackOff', message }, retryAtMs };
  }

  async #pull(image: string, tell: Tell, signal: AbortSignal): Promise<ImageOutcome> {
    tell('Normal', 'Pulling', messages.pulling(image));
    const outcome = await this.#runtime.pullImage(image, signal);
    if (outcome.kind !== 'failed') {
      this.#failures.delete(image);
      tell('Normal', 'Pulled', messages.pulled(image, canonicalDuration(`${Math.round(outcome.tookMs)}ms`), outcome.image.sizeBytes));
      return { kind: 'ready', image: outcome.image };
    }
    if (outcome.reason === 'InvalidName') return this.#invalidName(outcome.message, tell);
    const nowMs = this.#clock.now();
    const entry = nextBackoff(this.#failures.get(image)?.entry, nowMs, nowMs);
    this.#failures.set(image, { entry, failedAtMs: nowMs, message: outcome.message, isBackoffTold: false });
    tell('Warning', 'Failed', messages.pullFailed(image, outcome.message));
    tell('Warning', 'Failed', messages.error('ErrImagePull'));
    return { kind: 'waiting', waiting: { reason: 'ErrImagePull', message: outcome.message }, retryAtMs: nowMs + TELL_BACKOFF_MS };
  }
}
