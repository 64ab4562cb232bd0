import type { Clock } from '../meta/clock.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { StatusError, toStatus } from '../meta/status-error.ts';
import { toTable } from '../meta/table.ts';
import { jsonOf } from '../store/json-text.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Call } from './call.ts';
import type { ObjectFilter } from './collection.ts';
import type { AnswerForm } from './negotiation.ts';
import type { HttpCall } from './resource-handler.ts';
import { watchCollection, type ServedEvent } from './watch.ts';

export interface WatchResponseOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly filter: ObjectFilter;
  readonly form: AnswerForm;
  readonly resourceVersion: string | undefined;
  readonly name: string | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean;
  readonly timeoutSeconds: number | undefined;
}

/** Kubernetes draws between 30 and 60 minutes for watches that name no timeout. */
const DEFAULT_TIMEOUT_SECONDS = 1800;

/**
 * Streams events as lines of JSON until the client goes, the timeout is reached or history is gone (an ERROR event). A slow client's
 * socket fills, then its queue, then it is told Expired: nothing grows without bound.
 */
export async function streamWatch({ response, info }: HttpCall, call: Call, options: WatchResponseOptions): Promise<void> {
  const stop = new AbortController();
  response.once('close', () => stop.abort());
  const timeoutMs = (options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
  const timer = options.clock.after(timeoutMs, () => stop.abort());
  const encode = encoder(info, options);
  // Nothing may have happened for long, and clients wait for the headers.
  begin(response);
  try {
    for await (const events of watchCollection(options.store, options.clock, call, { ...options, signal: stop.signal }, options.filter)) {
      const hasRoom = response.write(events.map(encode).join(''));
      if (!hasRoom) await drained(response);
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    response.write(`${JSON.stringify({ type: 'ERROR', object: toStatus(error) })}\n`);
  } finally {
    timer[Symbol.dispose]();
    response.end();
  }
}

function begin(response: HttpCall['response']): void {
  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
}

function drained(response: HttpCall['response']): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

function encoder(info: HttpCall['info'], { form, clock }: WatchResponseOptions): (event: ServedEvent) => string {
  let isFirst = true;
  const shape = (object: KubeObject): object => {
    if (form.kind === 'metadata') return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
    if (form.kind !== 'table') return object;
    const watchEvent = isFirst ? 'first' : 'later';
    isFirst = false;
    const { resourceVersion } = object.metadata;
    return toTable(info, [object], {
      includeObject: form.includeObject,
      nowMs: clock.now(),
      watchEvent,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
  };
  return ({ type, object }) =>
    `{"type":"${type}","object":${jsonOf(type === 'BOOKMARK' && form.kind !== 'table' ? object : shape(object))}}\n`;
}
