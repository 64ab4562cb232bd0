import { ActionIcon, CloseButton, Indicator, Popover } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Reminder, ReminderKind } from '../../../server/contract/reminders.ts';
import { dismissReminder, fetchReminders } from '../api/training-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon, type Tone } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './reminder-bell.module.css';

const REFRESH_MS = 5 * 60_000;

const TONES: Readonly<Record<ReminderKind, Tone>> = {
  overdue: 'warn',
  returned: 'warn',
  drill: 'accent',
  'due-soon': 'accent',
  certificate: 'warn',
  review: 'accent',
};

/** What the person should not miss, on every page; each can be taken away for good. */
export function ReminderBell() {
  const [open, setOpen] = useState(false);
  const reminders = useQuery({
    queryKey: ['reminders'],
    queryFn: ({ signal }) => fetchReminders(signal),
    refetchInterval: REFRESH_MS,
    refetchOnWindowFocus: true,
  });
  const count = reminders.data?.length ?? 0;
  return (
    <Popover opened={open} onChange={setOpen} width={340} position="bottom-end" trapFocus returnFocus shadow="md">
      <Indicator label={count} size={16} disabled={count === 0} offset={5}>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={count === 0 ? 'Reminders' : countOf(count, 'reminder')}
            aria-expanded={open}
            onClick={() => {
              setOpen(!open);
            }}
          >
            <IconBell size={20} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown aria-label="Reminders">
        {reminders.isError ? (
          <ErrorNotice error={reminders.error} onRetry={() => void reminders.refetch()} />
        ) : (
          <ReminderList
            reminders={reminders.data ?? []}
            onGo={() => {
              setOpen(false);
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function ReminderList({ reminders, onGo }: { readonly reminders: readonly Reminder[]; readonly onGo: () => void }) {
  const client = useQueryClient();
  const dismiss = useAct(dismissReminder, {
    onDone: (left) => {
      client.setQueryData<Reminder[]>(['reminders'], left);
      return undefined;
    },
  });
  if (reminders.length === 0)
    return (
      <>
        <p className={styles['head']}>Nothing to remind you of</p>
        <p className={styles['quiet']}>What is due, drills, returned work and expiries appear here.</p>
      </>
    );
  return (
    <ul className={styles['list']} aria-label="Reminders">
      {reminders.map(({ id, kind, title, text, at, path }) => (
        <li key={id} className={styles['item']} data-testid="reminder" data-kind={kind}>
          <StatusIcon tone={TONES[kind]} />
          <div>
            <p>
              <Link to={path} onClick={onGo}>
                {title}
              </Link>
            </p>
            <p>{text}</p>
            <p className={styles['quiet']}>
              <Instant at={at} />
            </p>
          </div>
          <CloseButton
            size="sm"
            aria-label={`Dismiss: ${title}`}
            disabled={dismiss.isPending}
            onClick={() => {
              dismiss.mutate(id);
            }}
          />
        </li>
      ))}
    </ul>
  );
}
