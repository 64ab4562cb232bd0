import { setTimeout as delay } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import { openStream, type Engine } from './engine.ts';
import { label, labelFilter } from './labels.ts';

/** Something that happened to one of our containers. */
export interface EngineEvent {
  readonly action: 'die' | 'oom';
  readonly containerId: string;
  readonly clusterId: string;
  readonly podUid: string;
  readonly role: string;
}

export interface EngineEventHandlers {
  onEvent(event: EngineEvent): void;
  onLost(reason: string): void;
  /**
   * The events flow, at first or again: some may have been missed before. Awaited before later events are handed on. `wasLost` tells
   * whether onLost was called since the last time.
   */
  onConnected(wasLost: boolean): Promise<void>;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** An event is a few hundred bytes. */
const MAX_PENDING_CHARS = 1024 * 1024;

/**
 * Follows the engine's events of one installation for as long as it is not disposed, and tells when the engine goes and comes back.
 * A stream that merely broke is opened again without a word when that works at once.
 */
export class EventWatcher implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #filters: string;
  readonly #handlers: EngineEventHandlers;
  readonly #controller = new AbortController();
  readonly #ended: Promise<void>;
  #lost = false;

  constructor(engine: Engine, installation: string, handlers: EngineEventHandlers) {
    this.#engine = engine;
    this.#filters = JSON.stringify({ type: ['container'], event: ['die', 'oom'], ...labelFilter({ [label.installation]: installation }) });
    this.#handlers = handlers;
    this.#ended = this.#follow();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#controller;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        const stream = await openStream(this.#engine, '/events', { filters: this.#filters }, signal);
        await this.#handlers.onConnected(this.#lost);
        this.#lost = false;
        retryMs = FIRST_RETRY_MS;
        await this.#read(stream);
      } catch (error) {
        if (this.#controller.signal.aborted) return;
        this.#lose(error instanceof Error ? error.message : String(error));
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  #lose(reason: string): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#handlers.onLost(reason);
  }

  async #read(stream: AsyncIterable<Buffer>): Promise<void> {
    const decoder = new StringDecoder('utf8');
    let pending = '';
    try {
      for await (const chunk of stream) {
        const lines = (pending + decoder.write(chunk)).split('\n');
        pending = (lines.pop() ?? '').slice(-MAX_PENDING_CHARS);
        for (const line of lines) this.#dispatch(line);
      }
    } catch {
      // The connection broke; opening it again tells whether the engine is still there.
    }
  }

  #dispatch(line: string): void {
    const event = parseEvent(line);
    if (event !== undefined) this.#handlers.onEvent(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    await this.#ended;
  }
}

function parseEvent(line: string): EngineEvent | undefined {
  if (line.trim() === '') return undefined;
  const { Action, Actor } = JSON.parse(line) as {
    readonly Action?: string;
    readonly Actor?: { readonly ID?: string; readonly Attributes?: Record<string, string> };
  };
  const attributes = Actor?.Attributes ?? {};
  const [containerId, clusterId, podUid] = [Actor?.ID, attributes[label.cluster], attributes[label.podUid]];
  if ((Action !== 'die' && Action !== 'oom') || containerId === undefined || clusterId === undefined || podUid === undefined)
    return undefined;
  return { action: Action, containerId, clusterId, podUid, role: attributes[label.role] ?? '' };
}
