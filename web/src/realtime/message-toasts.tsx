import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { messageSchema, type Message } from '../../../server/contract/events.ts';
import { formatInstant } from '../parts/format.ts';
import { getLink } from './link.ts';

/** Words from an instructor stay until they are put away; a trainee may be looking at a terminal when they come. */
export function MessageToasts() {
  useEffect(() => getLink().on('message', messageSchema, showMessage), []);
  return null;
}

function showMessage({ id, from, text, at }: Message): void {
  notifications.show({
    id: `message-${id}`,
    title: `${from ?? 'Drillhouse'}, ${formatInstant(at, 'time').local}`,
    message: text,
    autoClose: false,
    withBorder: true,
    role: 'alert',
    color: from === null ? 'yellow' : 'indigo',
  });
}
