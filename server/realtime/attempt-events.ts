import { z } from 'zod';
import { AppError } from '../app-error.ts';
import { attemptRefSchema } from '../contract/events.ts';
import { everyone, instructors } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { noReply, socketEvent, type SocketEvent } from './socket-event.ts';

export const ROSTER_ROOM = 'roster';
const MAX_WATCHES = 40;

export function attemptRoom(attemptId: string): string {
  return `attempt:${attemptId}`;
}

export function attemptEvents(services: Services): SocketEvent[] {
  const { commands, supervisor, views } = services;
  return [
    socketEvent('attempt:watch', everyone, true, attemptRefSchema, async ({ attemptId }, connection) => {
      const attempt = await commands.read(connection.person, attemptId);
      if (connection.watches.size >= MAX_WATCHES)
        throw new AppError('TooManyRequests', 'This page watches too many attempts.', { remedy: 'Close some and reload.' });
      if (!connection.watches.has(attemptId)) {
        connection.watches.set(attemptId, supervisor.find(attemptId)?.checks.watch() ?? { [Symbol.dispose]: () => undefined });
        await connection.socket.join(attemptRoom(attemptId));
      }
      return { data: { attempt: await views.view(attempt) } };
    }),
    socketEvent('attempt:unwatch', everyone, true, attemptRefSchema, async ({ attemptId }, connection) => {
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
