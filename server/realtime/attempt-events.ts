import { z } from 'zod';
import { AppError } from '../app-error.ts';
import { attemptRefSchema } from '../contract/events.ts';
import { instructors, workers } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { requirePage } from './connection.ts';
import { noReply, socketEvent, type SocketEvent } from './socket-event.ts';

export const ROSTER_ROOM = 'roster';
const MAX_WATCHES = 40;

export function attemptRoom(attemptId: string): string {
  return `attempt:${attemptId}`;
}

/** Keeps the live checks going and the person present. */
function watch({ supervisor, presence }: Services, attemptId: string, personId: string): Disposable {
  const checks = supervisor.find(attemptId)?.checks.watch();
  const there = presence.enter(attemptId, personId);
  return {
    [Symbol.dispose]: () => {
      checks?.[Symbol.dispose]();
      there[Symbol.dispose]();
    },
  };
}

export function attemptEvents(services: Services): SocketEvent[] {
  const { commands, presence, supervisor, views } = services;
  return [
    socketEvent('attempt:watch', workers, true, attemptRefSchema, async ({ attemptId }, connection) => {
      await commands.arrive(connection.person, attemptId);
      if (connection.watches.size >= MAX_WATCHES)
        throw new AppError('TooManyRequests', 'This page watches too many attempts.', { remedy: 'Close some and reload.' });
      requirePage(connection);
      if (!connection.watches.has(attemptId)) {
        // Joined first, so that who comes at the same moment is heard of.
        const joined = connection.socket.join(attemptRoom(attemptId));
        connection.watches.set(attemptId, watch(services, attemptId, connection.person.id));
        await joined;
      }
      // Read only now: a change before the room was joined was told to others, and may have been the last.
      const attempt = await supervisor.read(attemptId);
      return { data: { attempt: await views.view(attempt), present: await views.present(attempt, presence.present(attemptId)) } };
    }),
    socketEvent('attempt:unwatch', workers, true, attemptRefSchema, async ({ attemptId }, connection) => {
      connection.watches.get(attemptId)?.[Symbol.dispose]();
      connection.watches.delete(attemptId);
      await connection.socket.leave(attemptRoom(attemptId));
      return noReply;
    }),
    socketEvent('roster:watch', instructors, true, z.strictObject({}), async (_input, connection) => {
      await connection.socket.join(ROSTER_ROOM);
      return { data: { attempts: await services.roster() } };
    }),
  ];
}
