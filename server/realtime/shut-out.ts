import type { Attempt } from '../attempts/attempt.ts';
import { mayView } from '../attempts/permissions.ts';
import { attemptRoom } from './attempt-events.ts';
import type { Connection } from './connection.ts';

const WHY = 'You have no part in this attempt any more.';

/** Ends what a socket sees of an attempt in which its person has no part any more. What it asks for next is refused like anybody else's. */
export function shutOut({ socket, person, attachments, watches }: Connection, attempt: Attempt): void {
  if (mayView(person, attempt)) return;
  for (const [terminalId, { attachment, attemptId }] of attachments) {
    if (attemptId !== attempt.id) continue;
    attachment[Symbol.dispose]();
    attachments.delete(terminalId);
    socket.emit('terminal:ended', { terminalId, reason: WHY });
  }
  watches.get(attempt.id)?.[Symbol.dispose]();
  watches.delete(attempt.id);
  void socket.leave(attemptRoom(attempt.id));
}
