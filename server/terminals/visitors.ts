import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { attachRequestSchema, saidSchema, topics, type Said, type Told } from './terminal-messages.ts';
import type { ShellKey } from './shell.ts';
import type { Attachment, Terminal } from './terminal.ts';
import type { ViewerPort } from './viewer.ts';

/** A viewer that was given a place and never began to look is forgotten. */
const BEGIN_WITHIN_MS = 60_000;

export interface VisitorParts {
  readonly replicas: Pick<Replicas, 'bus'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The terminal, when this server runs it; undefined when another one does. Throws AppError `NotFound` when it has ended. */
  readonly find: (key: ShellKey) => Promise<Terminal | undefined>;
}

interface Visitor {
  readonly replicaId: string;
  readonly attachment: Attachment;
  hasBegun: boolean;
  inputs: number;
}

/** Viewers of other servers at the terminals that this one runs. They go with their server, and when the way to it was lost. */
export class Visitors implements Disposable {
  readonly #parts: VisitorParts;
  readonly #visitors = new Map<string, Visitor>();
  readonly #subscriptions: readonly Disposable[];

  constructor(parts: VisitorParts) {
    this.#parts = parts;
    const { bus } = parts.replicas;
    this.#subscriptions = [
      bus.answer(topics.attach, (message, fromId) => this.#attach(message, fromId)),
      bus.subscribe(topics.said, (message, fromId) => this.#hear(message, fromId)),
      bus.onGone((replicaId) => this.#forget(([, visitor]) => visitor.replicaId === replicaId)),
      bus.onRejoined(() => {
        // What they were told meanwhile is lost; they look again as soon as they hear this.
        this.#forget(() => true);
        bus.publish(topics.rejoined, {});
      }),
    ];
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#forget(() => true);
  }

  async #attach(message: unknown, replicaId: string): Promise<unknown> {
    const { viewerId, attemptId, terminalId, access, fromSeq, columns, rows } = attachRequestSchema.parse(message);
    const terminal = await this.#parts.find({ attemptId, terminalId });
    if (terminal === undefined) return { kind: 'elsewhere' };
    const attachment = terminal.attach(access, fromSeq, { columns, rows }, this.#portTo(replicaId, viewerId));
    const visitor: Visitor = { replicaId, attachment, hasBegun: false, inputs: 0 };
    this.#visitors.set(viewerId, visitor);
    this.#parts.clock.after(BEGIN_WITHIN_MS, () => {
      if (!visitor.hasBegun) this.#forget(([id]) => id === viewerId);
    });
    const { seq, restarted, ended, size } = attachment;
    return { kind: 'attached', seq, restarted, ended, columns: size.columns, rows: size.rows };
  }

  #hear(message: unknown, fromId: string): void {
    const parsed = saidSchema.safeParse(message);
    if (!parsed.success) {
      this.#parts.log.warn({ fromId, reason: parsed.error.message }, 'another server says something to a terminal that is not understood');
      return;
    }
    const said = parsed.data;
    if (said.kind === 'leave') {
      this.#forget(([viewerId, { replicaId }]) => replicaId === fromId && said.viewerIds.includes(viewerId));
      return;
    }
    const visitor = this.#visitors.get(said.viewerId);
    if (visitor?.replicaId === fromId) this.#do(visitor, said);
  }

  #do(visitor: Visitor, said: Exclude<Said, { kind: 'leave' }>): void {
    const { attachment, replicaId } = visitor;
    switch (said.kind) {
      case 'begin':
        visitor.hasBegun = true;
        attachment.begin();
        break;
      case 'ack':
        attachment.acknowledge(said.seq);
        break;
      case 'resize':
        attachment.resize({ columns: said.columns, rows: said.rows });
        break;
      case 'input':
        try {
          requireNext(visitor, said.count);
          attachment.write(said.bytes);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          const { code, message, remedy } = error;
          this.#tell(replicaId, { kind: 'refused', viewerId: said.viewerId, code, message, ...(remedy === undefined ? {} : { remedy }) });
        }
    }
  }

  #forget(isGone: (entry: [string, Visitor]) => boolean): void {
    for (const entry of [...this.#visitors].filter(isGone)) {
      this.#visitors.delete(entry[0]);
      entry[1].attachment[Symbol.dispose]();
    }
  }

  #portTo(replicaId: string, viewerId: string): ViewerPort {
    const tell = (told: Told): void => this.#tell(replicaId, told);
    const last = (told: Told): void => {
      tell(told);
      this.#visitors.delete(viewerId);
    };
    return {
      data: (seq, bytes) => tell({ kind: 'data', viewerId, seq, bytes }),
      resync: (seq) => tell({ kind: 'resync', viewerId, seq }),
      resized: ({ columns, rows }) => tell({ kind: 'resized', viewerId, columns, rows }),
      ended: (reason) => last({ kind: 'ended', viewerId, reason }),
      lost: (reason, retryAtMs) => tell({ kind: 'lost', viewerId, reason, retryAtMs }),
      back: () => tell({ kind: 'back', viewerId }),
      moved: () => last({ kind: 'moved', viewerId }),
    };
  }

  #tell(replicaId: string, told: Told): void {
    this.#parts.replicas.bus.send(replicaId, topics.told, told);
  }
}

function requireNext(visitor: Visitor, count: number): void {
  const isNext = count === visitor.inputs + 1;
  visitor.inputs = count;
  if (isNext) return;
  throw new AppError('Unavailable', 'Some of what was typed was lost between two servers.', {
    remedy: 'Look at what arrived, then type it again.',
  });
}
