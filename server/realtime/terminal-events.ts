import type { Socket } from 'socket.io';
import type { z } from 'zod';
import { AppError } from '../app-error.ts';
import { mayDo, requireRight } from '../attempts/permissions.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { toInstantOrNull } from '../clock.ts';
import { openTerminalSchema, terminalAckSchema, terminalInputSchema, terminalRefSchema, terminalResizeSchema } from '../contract/events.ts';
import { toErrorBody } from '../http/errors.ts';
import { workers } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import type { Attachment } from '../terminals/terminal.ts';
import type { PagePort } from '../terminals/viewer.ts';
import { requirePage, type Connection } from './connection.ts';
import { noReply, socketEvent, type SocketEvent } from './socket-event.ts';

const MAX_ATTACHMENTS = 40;

export function terminalEvents(services: Services): SocketEvent[] {
  const { supervisor } = services;
  return [
    socketEvent('terminal:open', workers, true, openTerminalSchema, async (input, connection) => {
      const attachment = await open(services, input, connection);
      const { seq, restarted, size, ended } = attachment;
      return { data: { seq, restarted, columns: size.columns, rows: size.rows, ended }, after: () => attachment.begin() };
    }),
    socketEvent('terminal:input', workers, false, terminalInputSchema, ({ terminalId, data }, connection) => {
      const writer = requireWriter(connection, terminalId, supervisor);
      if (!connection.inputBytes.take(data.byteLength))
        throw new AppError('TooManyRequests', 'Too much input at once.', { retryAfterSeconds: 1, remedy: 'Paste smaller pieces.' });
      writer.write(data);
      return noReply;
    }),
    socketEvent('terminal:resize', workers, false, terminalResizeSchema, ({ terminalId, columns, rows }, connection) => {
      requireWriter(connection, terminalId, supervisor).resize({ columns, rows });
      return noReply;
    }),
    socketEvent('terminal:ack', workers, false, terminalAckSchema, ({ terminalId, seq }, connection) => {
      connection.attachments.get(terminalId)?.attachment.acknowledge(seq);
      return noReply;
    }),
    socketEvent('terminal:close', workers, true, terminalRefSchema, ({ terminalId }, connection) => {
      detach(connection, terminalId);
      return noReply;
    }),
  ];
}

async function open(services: Services, input: z.infer<typeof openTerminalSchema>, connection: Connection): Promise<Attachment> {
  const { commands, terminals } = services;
  const { terminalId, columns, rows, fromSeq, access } = input;
  const attemptId = await terminals.attemptOf(terminalId);
  const attempt = await commands.read(connection.person, attemptId);
  if (access === 'write') requireRight(connection.person, attempt, 'type');
  detach(connection, terminalId);
  const attachment = await terminals.attach(
    { attemptId, terminalId },
    { access, fromSeq, size: { columns, rows } },
    portTo(connection.socket, terminalId),
  );
  try {
    // While it was looked for on other servers, the person may have left, or have been shut out.
    await commands.read(connection.person, attemptId);
    requirePage(connection);
    detach(connection, terminalId);
    if (connection.attachments.size >= MAX_ATTACHMENTS)
      throw new AppError('TooManyRequests', 'This page shows too many terminals.', { remedy: 'Close some and reload.' });
  } catch (error) {
    attachment[Symbol.dispose]();
    throw error;
  }
  connection.attachments.set(terminalId, { attachment, access, attemptId });
  return attachment;
}

/** Looked at with every key, because roles change hands while terminals are open. */
function requireWriter({ attachments, person }: Connection, terminalId: string, supervisor: Pick<Supervisor, 'find'>): Attachment {
  const view = attachments.get(terminalId);
  const attempt = view === undefined ? undefined : supervisor.find(view.attemptId)?.actor.attempt;
  if (view?.access === 'write' && attempt !== undefined && mayDo(person, attempt, 'type')) return view.attachment;
  throw new AppError('ReadOnly', 'You are watching this terminal; only who works in the attempt types in it.', {
    remedy: 'Open a terminal in an attempt of your own.',
  });
}

function detach(connection: Connection, terminalId: string): void {
  connection.attachments.get(terminalId)?.attachment[Symbol.dispose]();
  connection.attachments.delete(terminalId);
}

function portTo(socket: Socket, terminalId: string): PagePort {
  return {
    data: (seq, data) => socket.emit('terminal:data', { terminalId, seq, data }),
    resync: (seq) => socket.emit('terminal:resync', { terminalId, seq }),
    resized: ({ columns, rows }) => socket.emit('terminal:resized', { terminalId, columns, rows }),
    ended: (reason) => socket.emit('terminal:ended', { terminalId, reason }),
    lost: (reason, retryAtMs) => socket.emit('terminal:lost', { terminalId, reason, retryAt: toInstantOrNull(retryAtMs) }),
    back: (seq) => socket.emit('terminal:back', { terminalId, ...(seq === undefined ? {} : { seq }) }),
    refused: (error) => socket.emit('terminal:refused', { terminalId, error: toErrorBody(error, undefined) }),
  };
}
