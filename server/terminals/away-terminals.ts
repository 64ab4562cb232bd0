import { randomBytes } from 'node:crypto';
import { AppError } from '../app-error.ts';
import type { Logger } from '../log.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { RovingPort, Sight } from './roving-viewer.ts';
import type { ShellKey, TerminalSize } from './shell.ts';
import { attachAnswerSchema, toldSchema, topics, type Said, type Told } from './terminal-messages.ts';
import type { Attachment } from './terminal.ts';

interface Place {
  readonly holderId: string;
  readonly port: RovingPort;
}

/**
 * Places of this server's viewers at terminals that other servers run. Output comes as far as each viewer's window reaches, for the terminal's server waits for
 * the same acknowledgements as for its own pages. When that server is gone, or the way to it was, every viewer is told to look again.
 */
export class AwayTerminals implements Disposable {
  readonly #replicas: Pick<Replicas, 'bus' | 'trouble'>;
  readonly #log: Logger;
  readonly #places = new Map<string, Place>();
  readonly #subscriptions: readonly Disposable[];

  constructor(replicas: Pick<Replicas, 'bus' | 'trouble'>, log: Logger) {
    const { bus } = replicas;
    this.#replicas = replicas;
    this.#log = log;
    this.#subscriptions = [
      bus.subscribe(topics.told, (message, fromId) => this.#hear(message, fromId)),
      bus.subscribe(topics.rejoined, (_message, fromId) => this.#leave((place) => place.holderId === fromId)),
      bus.onGone((replicaId) => this.#leave((place) => place.holderId === replicaId)),
      bus.onRejoined(() => this.#leave(() => true)),
    ];
  }

  /** Undefined when that server does not run the terminal, or does not answer. Throws AppError, such as `NotFound`. */
  async attach(holderId: string, { attemptId, terminalId }: ShellKey, sight: Sight, port: RovingPort): Promise<Attachment | undefined> {
    const viewerId = randomBytes(12).toString('base64url');
    this.#places.set(viewerId, { holderId, port });
    const { access, fromSeq, size } = sight;
    const request = { viewerId, attemptId, terminalId, access, fromSeq, ...size };
    try {
      const answer = attachAnswerSchema.parse(await this.#replicas.bus.ask(holderId, topics.attach, request));
      if (answer.kind === 'attached' && this.#places.has(viewerId)) return this.#placeOf(viewerId, answer);
      this.#places.delete(viewerId);
      return undefined;
    } catch (error) {
      this.#places.delete(viewerId);
      this.#say(holderId, { kind: 'leave', viewerIds: [viewerId] });
      if (error instanceof AppError && error.code !== 'Unavailable') throw error;
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#places.clear();
  }

  #placeOf(viewerId: string, answer: { seq: number; restarted: boolean; ended: boolean; columns: number; rows: number }): Attachment {
    const { seq, restarted, ended, columns, rows } = answer;
    const say = (said: Said): void => {
      const place = this.#places.get(viewerId);
      if (place !== undefined) this.#say(place.holderId, said);
    };
    let count = 0;
    return {
      seq,
      restarted,
      ended,
      size: { columns, rows },
      begin: () => say({ kind: 'begin', viewerId }),
      acknowledge: (upTo) => say({ kind: 'ack', viewerId, seq: upTo }),
      write: (bytes) => {
        const { trouble } = this.#replicas;
        if (trouble !== undefined) throw new AppError('Unavailable', trouble, { remedy: 'Wait until it is back, then type again.' });
        say({ kind: 'input', viewerId, count: (count += 1), bytes });
      },
      resize: (size: TerminalSize) => say({ kind: 'resize', viewerId, ...size }),
      [Symbol.dispose]: () => {
        say({ kind: 'leave', viewerIds: [viewerId] });
        this.#places.delete(viewerId);
      },
    };
  }

  #hear(message: unknown, fromId: string): void {
    const parsed = toldSchema.safeParse(message);
    if (!parsed.success) {
      this.#log.warn({ fromId, reason: parsed.error.message }, 'another server tells something about a terminal that is not understood');
      return;
    }
    const place = this.#places.get(parsed.data.viewerId);
    if (place?.holderId === fromId) tell(place.port, parsed.data);
  }

  /** The other server is told as well: it may live and still count on them. */
  #leave(isGone: (place: Place) => boolean): void {
    const gone = [...this.#places].filter(([, place]) => isGone(place));
    for (const [viewerId, { holderId, port }] of gone) {
      this.#say(holderId, { kind: 'leave', viewerIds: [viewerId] });
      this.#places.delete(viewerId);
      port.moved();
    }
  }

  #say(holderId: string, said: Said): void {
    this.#replicas.bus.send(holderId, topics.said, said);
  }
}

function tell(port: RovingPort, told: Told): void {
  switch (told.kind) {
    case 'data':
      port.data(told.seq, told.bytes);
      break;
    case 'resync':
      port.resync(told.seq);
      break;
    case 'resized':
      port.resized({ columns: told.columns, rows: told.rows });
      break;
    case 'ended':
      port.ended(told.reason);
      break;
    case 'lost':
      port.lost(told.reason, told.retryAtMs);
      break;
    case 'back':
      port.back();
      break;
    case 'refused':
      port.refused(new AppError(told.code, told.message, told.remedy === undefined ? {} : { remedy: told.remedy }));
      break;
    case 'moved':
      port.moved();
      break;
  }
}
