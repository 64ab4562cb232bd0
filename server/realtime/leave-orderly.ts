import type { Server } from 'socket.io';
import { orLate, systemClock } from '../clock.ts';
import type { ServerLeaving } from '../contract/events.ts';

/** Pages come to the other servers one after the other. */
const SPREAD_MS = 1_000;
/** A page that does not take its goodbye in time is cut off. */
const GOODBYE_WITHIN_MS = 2_000;

/** Ends all sockets. Where other servers go on, pages are told to come back at once; they are spread over a second. */
export async function leaveOrderly(io: Server, othersGoOn: boolean): Promise<void> {
  const sockets = [...io.sockets.sockets.values()];
  // The connection closes when everything was written, and not when the socket says that it is disconnected.
  const gone = sockets.map(({ conn }) => new Promise<void>((resolve) => conn.once('close', () => resolve())));
  for (const socket of sockets) {
    const leaving: ServerLeaving = { inMs: Math.floor(Math.random() * SPREAD_MS) };
    if (othersGoOn) socket.emit('server:leaving', leaving);
    socket.disconnect(true);
  }
  await orLate(systemClock, Promise.all(gone), GOODBYE_WITHIN_MS, undefined);
  await io.close();
}
