import { createHash } from 'node:crypto';
import type { ClusterLog } from '../cluster-options.ts';
import type { Clock } from '../meta/clock.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import type { ApiClient } from './api-client.ts';
import { isNotFound, messageOf } from './api-errors.ts';
import { EventCorrelator } from './event-correlator.ts';
import { resources } from './resources.ts';
import { microTimeText, timeText } from '../meta/times.ts';

export type EventType = 'Normal' | 'Warning';

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string };
  /** E.g. `spec.containers{main}`. */
  readonly fieldPath?: string;
}

export interface EventRecorderOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** E.g. `kubelet`, `deployment-controller`. */
  readonly component: string;
  /** The kubelet's node. */
  readonly host?: string;
  /**
   * `counted` events carry first and last time and a count, as controllers and kubelet write them; `series` events carry a time, an
   * action and a series, as the scheduler does through events.k8s.io.
   */
  readonly style?: 'counted' | 'series';
}

/** Events waiting to be written; past it new ones are dropped, because an event is worth less than the work it tells of. */
const MAX_PENDING = 1000;
const NS_PER_MS = 1_000_000n;

/**
 * Writes events about objects without making anybody wait: in order, correlated with earlier ones, dropped rather than retried.
 * Disposing waits for what is pending.
 */
export class EventRecorder implements AsyncDisposable {
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  #pending = 0;
  #tail: Promise<void> = Promise.resolve();
  readonly #nameOffsetNs: bigint;
  #lastNameNs = 0n;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#nameOffsetNs = nameOffset(options.component, options.host);
  }

  record(subject: EventSubject, type: EventType, reason: string, message: string, action = ''): void {
    if (this.#pending >= MAX_PENDING) {
      this.#options.log.warn({ component: this.#options.component, reason }, 'event dropped: too many are waiting');
      return;
    }
    this.#pending += 1;
    const nowMs = this.#options.clock.now();
    this.#tail = this.#tail.then(async () => {
      await this.#write(subject, { type, reason, message, action, nowMs });
      this.#pending -= 1;
    });
  }

  /** Resolves when everything recorded so far has been written or dropped. */
  flush(): Promise<void> {
    return this.#tail;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.flush();
  }

  async #write(subject: EventSubject, said: Said): Promise<void> {
    const { metadata } = subject;
    const objectKey = [subject.kind, metadata.namespace ?? '', metadata.name, metadata.uid ?? ''].join('\u0000');
    const facts = { objectKey, fieldPath: subject.fieldPath ?? '', type: said.type, reason: said.reason, message: said.message };
    const decision = this.#correlator.correlate(facts, said.nowMs);
    if (decision.kind === 'drop') return;
    const namespace = metadata.namespace ?? 'default';
    try {
      if (decision.kind === 'repeat') {
        const patch = this.#repeatPatch(decision.count, decision.message, said.nowMs);
        try {
          await this.#options.api.patch(resources.events, { name: decision.eventName, namespace }, 'merge', patch);
          return;
        } catch (error) {
          if (!isNotFound(error)) throw error;
          this.#correlator.vanished(decision.seriesKey);
        }
      }
      const event = this.#newEvent(subject, { ...said, message: decision.message }, namespace);
      await this.#options.api.create(resources.events, event);
      this.#correlator.created(decision.seriesKey, event.metadata.name);
    } catch (error) {
      const { component, log } = this.#options;
      log.debug({ component, object: `${namespace}/${metadata.name}`, reason: messageOf(error) }, 'event not written');
    }
  }

  #repeatPatch(count: number, message: string, nowMs: number): object {
    if (this.#options.style === 'series') return { series: { count, lastObservedTime: microTimeText(nowMs) } };
    return { count, message, lastTimestamp: timeText(nowMs) };
  }

  #newEvent(subject: EventSubject, said: Said, namespace: string): KubeObject & Record<string, unknown> {
    const { component, host } = this.#options;
    const { name, namespace: subjectNamespace, uid, resourceVersion } = subject.metadata;
    const isSeries = this.#options.style === 'series';
    const time = timeText(said.nowMs);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 230)}.${this.#uniqueSuffix(said.nowMs)}`, namespace },
      involvedObject: {
        kind: subject.kind,
        ...(subjectNamespace === undefined ? {} : { namespace: subjectNamespace }),
        name,
        ...(uid === undefined ? {} : { uid }),
        apiVersion: subject.apiVersion,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(subject.fieldPath === undefined ? {} : { fieldPath: subject.fieldPath }),
      },
      reason: said.reason,
      message: said.message,
      source: isSeries ? {} : { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: isSeries ? null : time,
      lastTimestamp: isSeries ? null : time,
      ...(isSeries ? {} : { count: 1 }),
      type: said.type,
      eventTime: isSeries ? microTimeText(said.nowMs) : null,
      ...(isSeries ? { action: said.action } : {}),
      reportingComponent: component,
      reportingInstance: isSeries ? `${component}-drillhouse` : (host ?? ''),
    };
  }

  /**
   * Nanoseconds in hexadecimal, as Kubernetes names events. The clock tells milliseconds: within one, this recorder counts on, and
   * others begin elsewhere, so that two never give one object's events the same name.
   */
  #uniqueSuffix(nowMs: number): string {
    const ns = BigInt(Math.floor(nowMs)) * NS_PER_MS + this.#nameOffsetNs;
    this.#lastNameNs = ns > this.#lastNameNs ? ns : this.#lastNameNs + 1n;
    return this.#lastNameNs.toString(16);
  }
}

interface Said {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly action: string;
  readonly nowMs: number;
}

function nameOffset(component: string, host = ''): bigint {
  return createHash('sha256').update(`${component}\u0000${host}`).digest().readBigUInt64BE() % NS_PER_MS;
}
