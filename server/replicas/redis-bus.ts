import { randomBytes } from 'node:crypto';
import { AppError, messageOf, type AppErrorOptions } from '../app-error.ts';
import { errorCodeSchema, type ErrorCode } from '../contract/errors.ts';
import type { Logger } from '../log.ts';
import type { RedisLink } from './redis-link.ts';
import type { ReplicaBus } from './replicas.ts';
import type { Seal } from './seal.ts';
import { decodeMessage, encodeMessage } from './wire-format.ts';

/** Between replicas, below the topics. */
type Frame =
  | { readonly kind: 'message'; readonly topic: string; readonly message?: unknown }
  | { readonly kind: 'ask'; readonly topic: string; readonly askId: string; readonly message?: unknown }
  | { readonly kind: 'answer'; readonly askId: string; readonly message?: unknown; readonly error?: WireError }
  /** Shows the sender that it is heard. */
  | { readonly kind: 'beat' }
  /** What the sender told since it was last heard may have been lost. */
  | { readonly kind: 'missed' }
  | { readonly kind: 'left' }
  | { readonly kind: 'free'; readonly lease: string };

interface WireError extends Pick<AppErrorOptions, 'remedy' | 'issues' | 'retryAfterSeconds'> {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What the bus tells the leases and the heartbeat. */
export interface BusEvents {
  onHeardMyself(): void;
  onFree(lease: string): void;
  onLeft(replicaId: string): void;
}

export interface RedisBusOptions {
  readonly id: string;
  readonly link: RedisLink;
  readonly seal: Seal;
  readonly log: Logger;
  /** Of the installation. */
  readonly prefix: string;
  readonly answerWithinMs: number;
  readonly events: BusEvents;
}

/** Larger ones are not sent: whoever has more to say divides it. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_QUESTIONS = 2_000;

type Handler = (message: unknown, fromId: string) => void;
type Answerer = (message: unknown, fromId: string) => Promise<unknown>;

interface Question {
  readonly replicaId: string;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class RedisBus implements ReplicaBus {
  readonly #options: RedisBusOptions;
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #answerers = new Map<string, Answerer>();
  readonly #questions = new Map<string, Question>();
  readonly #rejoined = new Set<() => void>();
  readonly #gone = new Set<(replicaId: string) => void>();
  #dropped = false;

  constructor(options: RedisBusOptions) {
    this.#options = options;
  }

  /** Begins to hear. */
  async open(): Promise<void> {
    const { link, id } = this.#options;
    for (const channel of [this.#everybody, this.#channelOf(id)])
      await link.hearer.subscribe(channel, (bytes) => this.#hear(channel, bytes), true);
  }

  publish(topic: string, message: unknown): void {
    this.#send(this.#everybody, { kind: 'message', topic, message });
  }

  send(replicaId: string, topic: string, message: unknown): void {
    this.#send(this.#channelOf(replicaId), { kind: 'message', topic, message });
  }

  subscribe(topic: string, handler: Handler): Disposable {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(handler));
    return { [Symbol.dispose]: () => void handlers.delete(handler) };
  }

  async ask(replicaId: string, topic: string, message: unknown): Promise<unknown> {
    const { id } = this.#options;
    if (replicaId === id) return this.#answerers.get(topic)?.(message, id) ?? Promise.reject(unavailable());
    if (this.#questions.size >= MAX_QUESTIONS) throw unavailable();
    const askId = randomBytes(9).toString('base64url');
    return new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(unavailable())), this.#options.answerWithinMs);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#questions.delete(askId);
        settle();
      };
      this.#questions.set(askId, {
        replicaId,
        resolve: (answer) => end(() => resolve(answer)),
        reject: (error) => end(() => reject(error)),
      });
      this.#send(this.#channelOf(replicaId), { kind: 'ask', topic, askId, message }, (receivers) => {
        if (receivers === 0) this.#questions.get(askId)?.reject(unavailable());
      });
    });
  }

  answer(topic: string, handler: Answerer): Disposable {
    this.#answerers.set(topic, handler);
    return { [Symbol.dispose]: () => void this.#answerers.delete(topic) };
  }

  onRejoined(listener: () => void): Disposable {
    this.#rejoined.add(listener);
    return { [Symbol.dispose]: () => void this.#rejoined.delete(listener) };
  }

  onGone(listener: (replicaId: string) => void): Disposable {
    this.#gone.add(listener);
    return { [Symbol.dispose]: () => void this.#gone.delete(listener) };
  }

  /** With every heartbeat. Says as well when something could not be told. */
  beat(): void {
    if (this.#dropped) this.tellMissed();
    this.#send(this.#everybody, { kind: 'beat' });
  }

  tellFree(lease: string): void {
    this.#send(this.#everybody, { kind: 'free', lease });
  }

  tellMissed(): void {
    this.#dropped = false;
    this.#send(this.#everybody, { kind: 'missed' });
  }

  /** Resolves when it was sent, or could not be. */
  tellLeft(): Promise<void> {
    return new Promise((resolve) => this.#send(this.#everybody, { kind: 'left' }, () => resolve()));
  }

  /** This replica missed something, or others told something that was lost. */
  rejoined(): void {
    this.#call(this.#rejoined, (listener) => listener());
  }

  gone(replicaId: string): void {
    for (const question of [...this.#questions.values()]) if (question.replicaId === replicaId) question.reject(unavailable());
    this.#call(this.#gone, (listener) => listener(replicaId));
  }

  get #everybody(): string {
    return `${this.#options.prefix}:all`;
  }

  #channelOf(replicaId: string): string {
    return `${this.#options.prefix}:to:${replicaId}`;
  }

  #send(channel: string, frame: Frame, onSent: (receivers: number) => void = () => undefined): void {
    const { link, seal, log } = this.#options;
    const bytes = encodeMessage(frame);
    if (bytes.length > MAX_MESSAGE_BYTES) {
      log.error(
        { bytes: bytes.length, kind: frame.kind, topic: 'topic' in frame ? frame.topic : undefined },
        'a message to the other servers is too large',
      );
      onSent(0);
      return;
    }
    link.sender.publish(channel, seal.close(channel, bytes)).then(onSent, () => {
      this.#dropped = true;
      onSent(0);
    });
  }

  #hear(channel: string, bytes: Buffer): void {
    const { seal, id, events, log } = this.#options;
    const opened = seal.open(channel, bytes);
    if (opened === undefined) {
      log.warn({ bytes: bytes.length }, 'a message in Redis was not sealed by this installation, or came twice');
      return;
    }
    if (opened.from === id) events.onHeardMyself();
    else this.#take(decodeMessage(opened.message) as Frame, opened.from);
  }

  #take(frame: Frame, from: string): void {
    const { events } = this.#options;
    switch (frame.kind) {
      case 'message':
        this.#call(this.#handlers.get(frame.topic) ?? new Set<Handler>(), (handler) => handler(frame.message, from));
        return;
      case 'ask':
        void this.#reply(frame.topic, frame.askId, frame.message, from);
        return;
      case 'answer':
        if (frame.error === undefined) this.#questions.get(frame.askId)?.resolve(frame.message);
        else this.#questions.get(frame.askId)?.reject(fromWire(frame.error));
        return;
      case 'missed':
        this.rejoined();
        return;
      case 'left':
        events.onLeft(from);
        return;
      case 'free':
        events.onFree(frame.lease);
        return;
      case 'beat':
    }
  }

  async #reply(topic: string, askId: string, question: unknown, from: string): Promise<void> {
    const channel = this.#channelOf(from);
    try {
      const answerer = this.#answerers.get(topic);
      if (answerer === undefined) throw unavailable();
      this.#send(channel, { kind: 'answer', askId, message: await answerer(question, from) });
    } catch (error) {
      if (!(error instanceof AppError)) this.#options.log.error({ err: error, topic }, 'what another server asked for failed');
      this.#send(channel, { kind: 'answer', askId, error: toWire(error) });
    }
  }

  #call<T>(listeners: ReadonlySet<T>, call: (listener: T) => void): void {
    for (const listener of [...listeners]) {
      try {
        call(listener);
      } catch (error) {
        this.#options.log.error({ err: error }, 'what another server told could not be taken in');
      }
    }
  }
}

function unavailable(): AppError {
  return new AppError('Unavailable', 'The server that has this does not answer.', {
    remedy: 'Try again in a moment; another server takes over by itself.',
    retryAfterSeconds: 3,
  });
}

/** The cause stays in the log of the server where it happened. */
function toWire(error: unknown): WireError {
  if (!(error instanceof AppError)) return { code: 'Internal', message: 'Something went wrong on the server.' };
  const { code, message, remedy, issues, retryAfterSeconds } = error;
  return {
    code,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    ...(issues === undefined ? {} : { issues }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

function fromWire({ code, message, ...options }: WireError): AppError {
  const known = errorCodeSchema.safeParse(code);
  return new AppError(known.success ? known.data : 'Internal', messageOf(message), options);
}
