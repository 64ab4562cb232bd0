import type { Socket } from 'socket.io';
import { AppError } from '../app-error.ts';
import type { ErrorBody } from '../contract/errors.ts';
import type { PersonRow } from '../store/schema.ts';
import type { Attachment } from '../terminals/terminal.ts';
import type { TokenBucket } from './token-bucket.ts';

/** One socket of one signed-in person, with all that ends with it. */
export interface Connection {
  readonly socket: Socket;
  readonly sessionId: string;
  /** As of the last time the session was checked. */
  person: PersonRow;
  /** By terminal: what this socket looks at. */
  readonly attachments: Map<string, AttachedTerminal>;
  /** By attempt: keeps its live checks going and the person present. */
  readonly watches: Map<string, Disposable>;
  readonly requests: TokenBucket;
  readonly inputBytes: TokenBucket;
}

interface AttachedTerminal {
  readonly attachment: Attachment;
  readonly access: 'write' | 'observe';
  readonly attemptId: string;
}

/** Throws when the page left while something was done for it: what is kept for it now would be kept for ever. */
export function requirePage({ socket }: Connection): void {
  if (!socket.connected) throw new AppError('Unavailable', 'The page is gone.');
}

export function release(connection: Connection): void {
  for (const { attachment } of connection.attachments.values()) attachment[Symbol.dispose]();
  for (const watch of connection.watches.values()) watch[Symbol.dispose]();
  connection.attachments.clear();
  connection.watches.clear();
}

export type AckCallback = (
  answer: { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: ErrorBody['error'] },
) => void;
