import type { Socket } from 'socket.io-client';
import { drillViewSchema, type DrillMove, type DrillRole, type DrillView, type ScheduleDrill } from '../contract/drills.ts';
import type { Client } from './client.ts';
import { eventually } from './eventually.ts';
import type { ManualClock } from './manual-clock.ts';
import type { TestServer } from './test-server.ts';

export const MINUTE_MS = 60_000;

export interface Person {
  readonly id: string;
  readonly client: Client;
}

/** A drill with its three needed roles, not begun. */
export interface Cast {
  readonly id: string;
  readonly cara: Person;
  readonly lia: Person;
  readonly eve: Person;
}

/** People around a drill on a test server: Fay runs it, the others are invited. */
export class DrillRoom {
  readonly fay: Person;
  readonly #server: TestServer;
  readonly #clock: ManualClock;
  readonly #sockets: Socket[] = [];

  private constructor(server: TestServer, clock: ManualClock, fay: Person) {
    this.#server = server;
    this.#clock = clock;
    this.fay = fay;
  }

  static async open(server: TestServer, clock: ManualClock): Promise<DrillRoom> {
    const client = await server.signIn('instructor');
    return new DrillRoom(server, clock, { id: (await client.session()).me?.id ?? '', client });
  }

  /** Signed in by a link, which costs no hashing of passwords. */
  async invite(name: string, role: 'trainee' | 'instructor' | 'manager' = 'trainee'): Promise<Person> {
    const { people, links } = this.#server.running.services.accounts;
    const { id } = await people.add({ email: `${name}@example.com`, name, role });
    const client = this.#server.client();
    await client.acceptLink(`/welcome/${(await links.renew(id, 'sign-in')).token}`);
    return { id, client };
  }

  async schedule(
    extra: readonly { readonly personId: string; readonly role: DrillRole }[] = [],
    wanted: Partial<ScheduleDrill> = {},
  ): Promise<Cast> {
    const [cara, lia, eve] = await Promise.all([this.invite('Cara'), this.invite('Lia'), this.invite('Eve')]);
    const members = [
      { personId: this.fay.id, role: 'facilitator' },
      { personId: cara.id, role: 'commander' },
      { personId: lia.id, role: 'customer-liaison' },
      { personId: eve.id, role: 'expert' },
      ...extra,
    ];
    const body = { script: 'printer', mode: 'tabletop', members, ...wanted };
    const { id } = await this.fay.client.call('POST', '/api/drills', drillViewSchema, body);
    return { id, cara, lia, eve };
  }

  /** `seen`: the revision that the mover's page showed. */
  move(who: Person, id: string, made: DrillMove, seen?: number): Promise<DrillView> {
    return who.client.call('POST', movesPath(id, seen), drillViewSchema, made);
  }

  async refused(who: Person, id: string, made: unknown, seen?: number): Promise<string> {
    const { error } = await who.client.refused('POST', movesPath(id, seen), made);
    return `${error.code}: ${error.message}`;
  }

  read(who: Person, id: string): Promise<DrillView> {
    return who.client.call('GET', `/api/drills/${id}`, drillViewSchema);
  }

  async connect(who: Person): Promise<Socket> {
    const socket = await who.client.socket();
    this.#sockets.push(socket);
    return socket;
  }

  /** Time passes, and what was due has come. */
  async pass(id: string, minutes: number, inject: number): Promise<void> {
    this.#clock.advance(minutes * MINUTE_MS);
    await eventually(`inject ${inject}`, async () =>
      (await this.read(this.fay, id)).exercise?.list.some(({ number, firedAt }) => number === inject && firedAt !== null),
    );
  }

  /** After a restart: the session is in the store, and the token of the pages is not. */
  async comeBack({ id, client }: Person): Promise<Person> {
    const again = this.#server.client();
    for (const [name, value] of client.cookies) again.cookies.set(name, value);
    await again.session();
    return { id, client: again };
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }
}

function movesPath(id: string, seen: number | undefined): string {
  return `/api/drills/${id}/moves${seen === undefined ? '' : `?seen=${seen}`}`;
}
