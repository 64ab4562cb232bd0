import type { Socket } from 'socket.io';
import { AppError } from '../app-error.ts';
import { mayDo, requireRight } from '../attempts/permissions.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { toInstantOrNull } from '../clock.ts';
import { openTerminalSchema, terminalAckSchema, terminalInputSchema, terminalRefSchema, terminalResizeSchema } from '../contract/events.ts';
import { workers } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import type { ViewerPort } from '../terminals/viewer.ts';
import type { Connection } from './connection.ts';
import { noReply, socketEvent, type SocketEvent } from './socket-event.ts';

const MAX_ATTACHMENTS = 40;

export function terminalEvents({ commands, supervisor, terminals }: Services): SocketEvent[] {
  return [
    socketEvent('terminal:open', workers, true, openTerminalSchema, async ({ terminalId, columns, rows, fromSeq, access }, connection) => {
      const terminal = terminals.require(terminalId);
      const attempt = await commands.read(connection.person, terminal.key.attemptId);
      if (access === 'write') requireRight(connection.person, attempt, 'type');
      detach(connection, terminalId);
      if (connection.attachments.size >= MAX_ATTACHMENTS)
        throw new AppError('TooManyRequests', 'This page shows too many terminals.', { remedy: 'Close some and reload.' });
      const attachment = terminal.attach(access, fromSeq, { columns, rows }, portTo(connection.socket, terminalId));
      connection.attachments.set(terminalId, Object.assign(attachment, { access, attemptId: attempt.id }));
      const { seq, restarted, size, ended } = attachment;
      return { data: { seq, restarted, columns: size.columns, rows: size.rows, ended }, after: () => attachment.begin() };
    }),
    socketEvent('terminal:input', workers, false, terminalInputSchema, ({ terminalId, data }, connection) => {
      requireWriter(connection, terminalId, supervisor);
      if (!connection.inputBytes.take(data.byteLength))
        throw new AppError('TooManyRequests', 'Too much input at once.', { retryAfterSeconds: 1, remedy: 'Paste smaller pieces.' });
      terminals.require(terminalId).write(data);
      return noReply;
    }),
    socketEvent('terminal:resize', workers, false, terminalResizeSchema, ({ terminalId, columns, rows }, connection) => {
      requireWriter(connection, terminalId, supervisor);
      terminals.require(terminalId).resize({ columns, rows });
      return noReply;
    }),
    socketEvent('terminal:ack', workers, false, terminalAckSchema, ({ terminalId, seq }, connection) => {
      connection.attachments.get(terminalId)?.acknowledge(seq);
      return noReply;
    }),
    socketEvent('terminal:close', workers, true, terminalRefSchema, ({ terminalId }, connection) => {
      detach(connection, terminalId);
      return noReply;
    }),
  ];
}

/** Looked at with every key, because roles change hands while terminals are open. */
function requireWriter({ attachments, person }: Connection, terminalId: string, supervisor: Pick<Supervisor, 'find'>): void {
  const attachment = attachments.get(terminalId);
  const attempt = attachment === undefined ? undefined : supervisor.find(attachment.attemptId)?.actor.attempt;
  if (attachment?.access === 'write' && attempt !== undefined && mayDo(person, attempt, 'type')) return;
  throw new AppError('ReadOnly', 'You are watching this terminal; only who works in the attempt types in it.', {
    remedy: 'Open a terminal in an attempt of your own.',
  });
}

function detach(connection: Connection, terminalId: string): void {
  connection.attachments.get(terminalId)?.[Symbol.dispose]();
  connection.attachments.delete(terminalId);
}

function portTo(socket: Socket, terminalId: string): ViewerPort {
  return {
    data: (seq, data) => socket.emit('terminal:data', { terminalId, seq, data }),
    resync: (seq) => socket.emit('terminal:resync', { terminalId, seq }),
    resized: ({ columns, rows }) => socket.emit('terminal:resized', { terminalId, columns, rows }),
    ended: (reason) => socket.emit('terminal:ended', { terminalId, reason }),
    lost: (reason, retryAtMs) => socket.emit('terminal:lost', { terminalId, reason, retryAt: toInstantOrNull(retryAtMs) }),
    back: () => socket.emit('terminal:back', { terminalId }),
  };
}
