import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';

interface Question {
  readonly title: string;
  /** What will happen, and what of it cannot be taken back. */
  readonly text: ReactNode;
  readonly confirm: string;
  readonly cancel?: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
}

/** Asks before what cannot be undone. The answer has the keyboard: Enter says yes, Escape no. */
export function ask({ title, text, confirm, cancel = 'Cancel', danger = false, onConfirm }: Question): void {
  modals.openConfirmModal({
    title,
    children: text,
    labels: { confirm, cancel },
    confirmProps: { 'data-autofocus': true, ...(danger ? { color: 'red' } : {}) },
    onConfirm,
  });
}
