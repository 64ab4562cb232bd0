import type { z } from 'zod';
import type { Role } from '../contract/roles.ts';
import type { Connection } from './connection.ts';

/** What is answered, and what is done once the answer is on its way: data must not overtake the answer that announces it. */
export interface Reply {
  readonly data: unknown;
  readonly after?: () => void;
}

/** One line of the table of socket events. What is not in the table is not listened to. */
export interface SocketEvent {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly acknowledged: boolean;
  /** Throws ZodError for input that is not as it should be, AppError for what is refused. */
  readonly handle: (input: unknown, connection: Connection) => Promise<Reply>;
}

export const noReply: Reply = { data: {} };

export function socketEvent<T>(
  name: string,
  roles: readonly Role[],
  acknowledged: boolean,
  schema: z.ZodType<T>,
  handle: (input: T, connection: Connection) => Promise<Reply> | Reply,
): SocketEvent {
  return { name, roles, acknowledged, handle: async (input, connection) => handle(schema.parse(input), connection) };
}
