import { notifications } from '@mantine/notifications';
import { asApiError } from '../api/api-error.ts';

/** A failed action, said with its next step; stays longer than good news, because it has to be read. */
export function notifyError(thrown: unknown): void {
  const error = asApiError(thrown);
  notifications.show({ color: 'red', title: error.message, message: error.remedy, autoClose: 12_000, withBorder: true, role: 'alert' });
}

export function notifyDone(message: string): void {
  notifications.show({ message, autoClose: 5_000, withBorder: true, role: 'status' });
}
