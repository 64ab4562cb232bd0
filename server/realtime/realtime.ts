import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { tokensMatch } from '../accounts/sessions.ts';
import { AppError, messageOf } from '../app-error.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { repeat } from '../clock.ts';
import { toAppError, toErrorBody } from '../http/errors.ts';
import { readSessionToken } from '../http/session-cookies.ts';
import type { Services } from '../http/services.ts';
import { Lifetime } from '../lifetime.ts';
import { attemptEvents, attemptRoom, ROSTER_ROOM } from './attempt-events.ts';
import { drillEvents, drillRoom } from './drill-events.ts';
import { leaveOrderly } from './leave-orderly.ts';
import type { OpenPages } from './open-pages.ts';
import { release, type AckCallback, type Connection } from './connection.ts';
import { shutOut } from './shut-out.ts';
import type { SocketEvent } from './socket-event.ts';
import { terminalEvents } from './terminal-events.ts';
import { TokenBucket } from './token-bucket.ts';

/** The largest input message (64 KiB) and its envelope. */
const MAX_MESSAGE_BYTES = 100_000;
const PING_EVERY_MS = 10_000;
const PING_TIMEOUT_MS = 10_000;
const RECHECK_EVERY_MS = 60_000;
const ROSTER_EVERY_MS = 2_000;
const MAX_SOCKETS_A_PERSON = 20;
/** Acknowledgements of a flood and fast typing together stay far below this. */
const REQUESTS = { perSecond: 500, burst: 2_000 };
const INPUT = { perSecond: 2_000_000, burst: 8_000_000 };

export function allSocketEvents(services: Services): SocketEvent[] {
  return [...attemptEvents(services), ...terminalEvents(services), ...drillEvents(services)];
}

function personRoom(personId: string): string {
  return `person:${personId}`;
}

/** The sockets' side: who may connect, the table of events, and what is told to those who watch. */
export function startRealtime(httpServer: HttpServer, services: Services, pages: OpenPages): AsyncDisposable {
  const { accounts, clock, supervisor } = services;
  const log = services.log.child({ name: 'realtime' });
  const connections = new Set<Connection>();
  const events = allSocketEvents(services);
  const io = new Server(httpServer, {
    path: '/socket',
    transports: ['websocket'],
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: PING_EVERY_MS,
    pingTimeout: PING_TIMEOUT_MS,
    allowRequest: (request, decide) =>
      decide(null, request.headers.origin === undefined || services.site.origins().has(request.headers.origin)),
  });

  io.use((socket, next) => {
    authenticate(socket, services, pages).then(
      (connection) => {
        (socket.data as { connection?: Connection }).connection = connection;
        next();
      },
      (error: unknown) => next(refusal(error)),
    );
  });
  io.on('connection', (socket) => {
    const { connection } = socket.data as { connection?: Connection };
    if (connection === undefined) return;
    connections.add(connection);
    const page = pages.enter(connection.person.id);
    void socket.join(personRoom(connection.person.id));
    for (const event of events) socket.on(event.name, (input: unknown, ack: unknown) => void answer(event, connection, input, ack));
    socket.once('disconnect', () => {
      connections.delete(connection);
      page[Symbol.dispose]();
      release(connection);
    });
  });

  const lifetime = new Lifetime();
  lifetime.defer(async () => {
    await leaveOrderly(io, services.replicas.several);
  });
  pages.deliverBy((personId, message) => io.to(personRoom(personId)).emit('message', message));
  const disconnect = (connection: Connection, why: string): void => {
    connection.socket.emit('session:ended', { reason: why });
    connection.socket.disconnect(true);
  };
  lifetime.use(
    accounts.sessions.onEnded((ids, reason) => {
      for (const connection of connections) if (ids.includes(connection.sessionId)) disconnect(connection, reason);
    }),
  );
  lifetime.use(
    repeat(clock, RECHECK_EVERY_MS, async () => {
      for (const connection of [...connections]) {
        const person = await accounts.sessions.recheck(connection.sessionId).catch(() => connection.person);
        if (person?.role !== connection.person.role) disconnect(connection, 'Your session has ended.');
        else connection.person = person;
      }
    }),
  );
  const tell = async (attempt: Attempt): Promise<void> => {
    const room = attemptRoom(attempt.id);
    if ((io.sockets.adapter.rooms.get(room)?.size ?? 0) > 0)
      io.to(room).emit('attempt:changed', { attempt: await services.views.view(attempt) });
  };
  lifetime.use(
    supervisor.subscribe((attempt) => {
      for (const connection of connections) shutOut(connection, attempt);
      void tell(attempt).catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'a change could not be told'));
    }),
  );
  lifetime.use(
    services.drills.subscribe(({ head, lastSeq }) => {
      io.to(drillRoom(head.id)).emit('drill:changed', { drillId: head.id, revision: lastSeq });
    }),
  );
  const tellPresence = async (attemptId: string): Promise<void> => {
    const attempt = await supervisor.read(attemptId);
    const present = await services.views.present(attempt, services.presence.present(attemptId));
    io.to(attemptRoom(attemptId)).emit('attempt:presence', { attemptId, present });
  };
  const tellStatus = async (attemptId: string): Promise<void> => {
    io.to(attemptRoom(attemptId)).emit('attempt:status', { attemptId, updates: await services.incidents.updates(attemptId) });
  };
  lifetime.use(
    services.incidents.subscribe(
      (attemptId) =>
        void tellStatus(attemptId).catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'a status update could not be told')),
    ),
  );
  // One after the other, so that an older list never follows a newer.
  let told: Promise<unknown> = Promise.resolve();
  lifetime.use(
    services.presence.subscribe((attemptId) => {
      told = told
        .then(() => tellPresence(attemptId))
        .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'who is there could not be told'));
    }),
  );
  lifetime.use(
    repeat(clock, ROSTER_EVERY_MS, async () => {
      if ((io.sockets.adapter.rooms.get(ROSTER_ROOM)?.size ?? 0) === 0) return;
      await services.roster().then(
        (attempts) => io.to(ROSTER_ROOM).emit('roster:changed', { attempts }),
        (error: unknown) => log.warn({ reason: messageOf(error) }, 'the roster could not be told'),
      );
    }),
  );
  return lifetime;

  async function answer(event: SocketEvent, connection: Connection, input: unknown, ack: unknown): Promise<void> {
    const acknowledge = typeof ack === 'function' ? (ack as AckCallback) : undefined;
    try {
      if (!connection.requests.take(1)) throw new AppError('TooManyRequests', 'Too many messages at once.', { retryAfterSeconds: 1 });
      if (!event.roles.includes(connection.person.role))
        throw new AppError('Forbidden', `This is not for the role ${connection.person.role}.`);
      const reply = await event.handle(input, connection);
      acknowledge?.({ ok: true, data: reply.data });
      reply.after?.();
    } catch (thrown) {
      refuse(event, connection, input, acknowledge, thrown);
    }
  }

  function refuse(event: SocketEvent, connection: Connection, input: unknown, acknowledge: AckCallback | undefined, thrown: unknown): void {
    const error = toAppError(thrown);
    if (error.code === 'Internal') log.error({ err: error.cause, event: event.name }, 'an event failed');
    const body = toErrorBody(error, undefined);
    const terminalId = (input as { readonly terminalId?: unknown } | null | undefined)?.terminalId;
    if (event.acknowledged) acknowledge?.({ ok: false, error: body });
    else if (typeof terminalId === 'string') connection.socket.emit('terminal:refused', { terminalId, error: body });
  }
}

/** The session's cookie came with the handshake; the token shows that our own page opened the socket. */
async function authenticate(socket: Socket, { accounts, site, clock }: Services, pages: OpenPages): Promise<Connection> {
  const token = readSessionToken(socket.handshake.headers.cookie, site.secureCookies);
  const session = token === undefined ? undefined : await accounts.sessions.peek(token);
  if (session === undefined) throw new AppError('SignInRequired', 'You are not signed in.', { remedy: 'Sign in and try again.' });
  const given: unknown = socket.handshake.auth.csrfToken;
  if (typeof given !== 'string' || !tokensMatch(session.csrfToken, given))
    throw new AppError('CsrfTokenMissing', 'The page is out of date.', { remedy: 'Reload the page.' });
  if (pages.count(session.person.id) >= MAX_SOCKETS_A_PERSON)
    throw new AppError('TooManyRequests', 'Too many pages are open.', { remedy: 'Close some of them.' });
  return {
    socket,
    sessionId: session.id,
    person: session.person,
    attachments: new Map(),
    watches: new Map(),
    requests: new TokenBucket(clock, REQUESTS.perSecond, REQUESTS.burst),
    inputBytes: new TokenBucket(clock, INPUT.perSecond, INPUT.burst),
  };
}

/** socket.io hands `data` of the error to the client's `connect_error`: an error body like any other. */
function refusal(thrown: unknown): Error & { data: unknown } {
  const error = toAppError(thrown);
  return Object.assign(new Error(error.message), { data: { error: toErrorBody(error, undefined) } });
}
