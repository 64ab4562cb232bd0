import { AppError } from '../app-error.ts';
import { drillRefSchema } from '../contract/drills.ts';
import { everyone } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { noReply, socketEvent, type SocketEvent } from './socket-event.ts';

const MAX_WATCHES = 40;

export function drillRoom(drillId: string): string {
  return `drill:${drillId}`;
}

/** Who watches a drill is told that it changed, and asks for their own view of it: what they are told says nothing. */
export function drillEvents({ drills }: Services): SocketEvent[] {
  return [
    socketEvent('drill:watch', everyone, true, drillRefSchema, async ({ drillId }, connection) => {
      if (connection.watches.size >= MAX_WATCHES)
        throw new AppError('TooManyRequests', 'This page watches too much at once.', { remedy: 'Close some and reload.' });
      const key = drillRoom(drillId);
      if (!connection.watches.has(key)) {
        const watch = await drills.watch(connection.person, drillId);
        // Meanwhile the page may be gone, or have asked again.
        if (!connection.socket.connected || connection.watches.has(key)) watch[Symbol.dispose]();
        else {
          connection.watches.set(key, watch);
          await connection.socket.join(key);
        }
      }
      return noReply;
    }),
    socketEvent('drill:unwatch', everyone, true, drillRefSchema, async ({ drillId }, connection) => {
      const key = drillRoom(drillId);
      connection.watches.get(key)?.[Symbol.dispose]();
      connection.watches.delete(key);
      await connection.socket.leave(key);
      return noReply;
    }),
  ];
}
