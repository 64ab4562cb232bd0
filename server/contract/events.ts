import { z } from 'zod';
import { attemptSchema, rosterEntrySchema } from './attempts.ts';
import { errorBodySchema } from './errors.ts';
import { idSchema, instantSchema } from './roles.ts';
import { presentSchema } from './teams.ts';

/**
 * socket.io at `/socket`, websocket transport only, no compression, authenticated by the session cookie; `auth.csrfToken` must match.
 * Client to server, each acknowledged with ackSchema of the given data:
 *   attempt:watch    attemptRefSchema     -> { attempt, present }  then `attempt:changed`, `attempt:presence` and `attempt:status` until `attempt:unwatch`
 *   attempt:unwatch  attemptRefSchema     -> {}
 *   roster:watch     {}                   -> { attempts }          instructors; then `roster:changed`
 *   terminal:open    openTerminalSchema   -> openedTerminalSchema  then `terminal:data`
 *   terminal:input   terminalInputSchema  (not acknowledged; refused input answers `terminal:refused`)
 *   terminal:resize  terminalResizeSchema (not acknowledged; owner's writer only)
 *   terminal:ack     terminalAckSchema    (not acknowledged; after xterm has parsed up to `seq`, every 100 KB or so)
 *   terminal:close   terminalRefSchema    -> {}                    leaves the terminal running
 *
 * Server to client: the names below with their schemas; `session:ended` { reason } before the server hangs up on a session that was ended
 * elsewhere; `server:leaving` before a server ends whose others go on. A refused connection's `connect_error` carries an errorBodySchema as its `data`.
 *
 * A terminal is one exec whose output is numbered by bytes. `fromSeq` asks for what came after; the server keeps the newest 256 KB. When
 * the gap is larger, `openedTerminal.restarted` is true and the client clears its screen before what follows. A restarted orchestrator
 * replays from its recording in the same way. Another server that takes over counts on from a higher number: `openedTerminal.seq` is then not what
 * was asked for, though nothing is missing unless `restarted` says so.
 */
export const attemptRefSchema = z.strictObject({ attemptId: idSchema });
export const terminalRefSchema = z.strictObject({ terminalId: idSchema });

export const openTerminalSchema = z.strictObject({
  terminalId: idSchema,
  columns: z.int().min(2).max(1000),
  rows: z.int().min(1).max(500),
  /** The last byte already shown; 0 from the beginning of what is kept. */
  fromSeq: z.int().min(0),
  /** `write`: who has the right to type, and resizes. `observe`: everybody else who sees the attempt, read-only. */
  access: z.enum(['write', 'observe']),
});

export const openedTerminalSchema = z.strictObject({
  /** Where the data that follows starts. */
  seq: z.int(),
  restarted: z.boolean(),
  columns: z.int(),
  rows: z.int(),
  ended: z.boolean(),
});

/** At most 64 KiB a message; the client splits larger pastes. */
export const terminalInputSchema = z.strictObject({
  terminalId: idSchema,
  data: z.instanceof(Uint8Array).refine((bytes) => bytes.byteLength <= 65_536),
});
/** Also what `terminal:resized` tells observers: the owner's size. */
export const terminalResizeSchema = z.strictObject({
  terminalId: idSchema,
  columns: z.int().min(2).max(1000),
  rows: z.int().min(1).max(500),
});
export const terminalAckSchema = z.strictObject({ terminalId: idSchema, seq: z.int().min(0) });

/** `terminal:data`: raw bytes, UTF-8 may split anywhere; `seq` is the number of the first byte. */
export interface TerminalData {
  readonly terminalId: string;
  readonly seq: number;
  readonly data: Uint8Array;
}
/** `terminal:resync`: an observer was too slow; the screen is cleared and data continues at `seq`. */
export const terminalResyncSchema = z.strictObject({ terminalId: idSchema, seq: z.int() });
/** `terminal:ended`: the shell ended or the sandbox went; says which. */
export const terminalEndedSchema = z.strictObject({ terminalId: idSchema, reason: z.string() });
/** `terminal:lost` / `terminal:back`: the ground under it is away for now (engine lost, pod restarting, another server taking over). */
export const terminalLostSchema = z.strictObject({ terminalId: idSchema, reason: z.string(), retryAt: instantSchema.nullable() });
/** With `seq`: what comes next has that number, and nothing lies between it and what came last. */
export const terminalBackSchema = z.strictObject({ terminalId: idSchema, seq: z.int().optional() });
export const terminalRefusedSchema = z.strictObject({ terminalId: idSchema, error: errorBodySchema.shape.error });

/** `attempt:presence`: somebody came or went. */
export const attemptPresenceSchema = z.strictObject({ attemptId: idSchema, present: z.array(presentSchema) });
export const attemptChangedSchema = z.strictObject({ attempt: attemptSchema });
export const rosterChangedSchema = z.strictObject({ attempts: z.array(rosterEntrySchema) });
/** `message`: from an instructor, or from the platform when `from` is null. */
export const messageSchema = z.strictObject({ id: z.string(), from: z.string().nullable(), text: z.string(), at: instantSchema });
export type Message = z.infer<typeof messageSchema>;

/** `server:leaving`: this server ends and others go on; the link is to be made anew so much later. */
export const serverLeavingSchema = z.strictObject({ inMs: z.int().min(0) });
export type ServerLeaving = z.infer<typeof serverLeavingSchema>;

export type Ack<T> =
  { readonly ok: true; readonly data: T } | { readonly ok: false; readonly error: z.infer<typeof errorBodySchema>['error'] };
