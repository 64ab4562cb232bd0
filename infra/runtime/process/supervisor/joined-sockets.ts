import type { Socket } from 'node:net';
import type { WireEffect } from '../../runtime.ts';
import { DelayStream, latenciesOf } from './delay-stream.ts';
import type { Endpoint, WireEffects } from './passage.ts';
import { WireStream } from './wire-stream.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** Two half-open sockets as one connection: an end on one side ends the other's writing only; an error on one resets the other. */
export class JoinedSockets {
  readonly source: string;
  readonly target: Endpoint;
  readonly #sent: Lane;
  readonly #received: Lane;

  constructor(
    {
      client,
      server,
      source,
      target,
    }: { readonly client: Socket; readonly server: Socket; readonly source: string; readonly target: Endpoint },
    { sent, received }: WireEffects,
  ) {
    this.source = source;
    this.target = target;
    client.setNoDelay(true);
    server.setNoDelay(true);
    const timer = setTimeout(() => server.destroy(new Error('connect timed out')), CONNECT_TIMEOUT_MS);
    server.once('connect', () => clearTimeout(timer));
    server.once('error', () => client.resetAndDestroy());
    client.once('error', () => server.resetAndDestroy());
    server.once('close', () => {
      clearTimeout(timer);
      if (!server.readableEnded) client.destroy();
    });
    client.once('close', () => {
      if (!client.readableEnded) server.destroy();
    });
    this.#sent = new Lane(client, server, sent);
    this.#received = new Lane(server, client, received);
  }

  /** What the wire does from now on. */
  setEffects({ sent, received }: WireEffects): void {
    this.#sent.setEffects(sent);
    this.#received.setEffects(received);
  }
}

/** Moves the bytes of one direction, as slowly or as badly as the effects say. A wire that has never been bad costs nothing. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  #stages: { readonly wire: WireStream; readonly delay: DelayStream } | undefined;

  constructor(from: Socket, to: Socket, effects: readonly WireEffect[]) {
    this.#from = from;
    this.#to = to;
    if (effects.length === 0) from.pipe(to);
    else this.#stage(effects);
  }

  setEffects(effects: readonly WireEffect[]): void {
    if (this.#stages !== undefined) {
      this.#stages.wire.setEffects(effects);
      this.#stages.delay.setLatencies(latenciesOf(effects));
    } else if (effects.length > 0 && !this.#from.readableEnded && !this.#from.destroyed && !this.#to.destroyed) {
      this.#from.unpipe(this.#to);
      this.#stage(effects);
    }
  }

  #stage(effects: readonly WireEffect[]): void {
    const [from, to] = [this.#from, this.#to];
    const wire = new WireStream(effects, () => {
      from.resetAndDestroy();
      to.resetAndDestroy();
    });
    const delay = new DelayStream(latenciesOf(effects));
    this.#stages = { wire, delay };
    // Whoever is gone takes no more; what the other has sent already may be on its way for a while.
    to.once('close', () => {
      wire.destroy();
      delay.destroy();
      from.resume();
    });
    from.once('error', () => wire.destroy());
    from.pipe(wire).pipe(delay).pipe(to);
  }
}
