import { z } from 'zod';
import { errorCodeSchema } from '../contract/errors.ts';
import { terminalSchema } from '../contract/attempts.ts';

/** What servers say to each other about terminals. A viewer is of the server that its page is on and is known by a random id. */
export const topics = {
  attach: 'terminals/attach',
  create: 'terminals/create',
  close: 'terminals/close',
  activity: 'terminals/activity',
  /** From a viewer's server to the terminal's. */
  said: 'terminals/said',
  /** From a terminal's server to the viewer's. */
  told: 'terminals/told',
  /** To all: terminals of an attempt began or ended. */
  changed: 'terminals/changed',
  /** To all: this server's way to the others is back. */
  rejoined: 'terminals/rejoined',
} as const;

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const size = { columns: z.number(), rows: z.number() };

export const attachRequestSchema = z.object({
  viewerId: z.string(),
  attemptId: z.string(),
  terminalId: z.string(),
  access: z.enum(['write', 'observe']),
  fromSeq: z.number(),
  ...size,
});
/** `elsewhere`: the server that was asked does not run the attempt. */
export const attachAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('elsewhere') }),
  z.object({ kind: z.literal('attached'), seq: z.number(), restarted: z.boolean(), ended: z.boolean(), ...size }),
]);

export const attemptRequestSchema = z.object({ attemptId: z.string() });
export const createAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('elsewhere') }),
  z.object({ kind: z.literal('created'), terminal: terminalSchema }),
]);

export const closeRequestSchema = z.object({ attemptId: z.string(), terminalId: z.string() });
export const closeAnswerSchema = z.object({ kind: z.enum(['elsewhere', 'closed']) });

/** What an instructor sees of an attempt's terminals. */
const activitySchema = z.object({ lastInputMs: z.number().nullable(), lastLines: z.array(z.string()) });
export type TerminalActivity = Readonly<z.infer<typeof activitySchema>>;
export const activityRequestSchema = z.object({ attemptIds: z.array(z.string()) });
export const activityAnswerSchema = z.object({ activity: z.array(z.tuple([z.string(), activitySchema])) });

/** Input is counted, so that what was lost on the way is known. */
export const saidSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), viewerId: z.string() }),
  z.object({ kind: z.literal('ack'), viewerId: z.string(), seq: z.number() }),
  z.object({ kind: z.literal('input'), viewerId: z.string(), count: z.number(), bytes: bytesSchema }),
  z.object({ kind: z.literal('resize'), viewerId: z.string(), ...size }),
  z.object({ kind: z.literal('leave'), viewerIds: z.array(z.string()) }),
]);
export type Said = z.infer<typeof saidSchema>;

export const toldSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('data'), viewerId: z.string(), seq: z.number(), bytes: bytesSchema }),
  z.object({ kind: z.literal('resync'), viewerId: z.string(), seq: z.number() }),
  z.object({ kind: z.literal('resized'), viewerId: z.string(), ...size }),
  z.object({ kind: z.literal('ended'), viewerId: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('lost'), viewerId: z.string(), reason: z.string(), retryAtMs: z.number().nullable() }),
  z.object({ kind: z.literal('back'), viewerId: z.string() }),
  z.object({
    kind: z.literal('refused'),
    viewerId: z.string(),
    code: errorCodeSchema,
    message: z.string(),
    remedy: z.string().optional(),
  }),
  z.object({ kind: z.literal('moved'), viewerId: z.string() }),
]);
export type Told = z.infer<typeof toldSchema>;
