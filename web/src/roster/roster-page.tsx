import { Button } from '@mantine/core';
import { IconMessage } from '@tabler/icons-react';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { openMessageForm } from './message-form.tsx';
import { orderRoster, summariseRoster } from './roster-order.ts';
import { RosterCard } from './roster-card.tsx';
import styles from './roster.module.css';
import { useRoster } from './use-roster.ts';

export function RosterPage() {
  const roster = useRoster();
  const entries = roster.data ?? [];
  const { running, incidents, needHelp } = summariseRoster(entries);
  return (
    <Page
      title="Roster"
      width="wide"
      lead={
        roster.data === undefined
          ? undefined
          : `${countOf(running, 'attempt')} running, ${countOf(incidents, 'incident')}, ${countOf(needHelp, 'person', 'people')} may need help`
      }
      actions={
        <Button
          variant="default"
          leftSection={<IconMessage size={16} aria-hidden />}
          disabled={entries.length === 0}
          onClick={() => {
            openMessageForm(null);
          }}
        >
          Message to all
        </Button>
      }
    >
      {roster.isError && <ErrorNotice error={roster.error} onRetry={() => void roster.refetch()} />}
      {roster.data === undefined && !roster.isError && <Waiting what="the roster" rows={3} rowHeight={150} />}
      {roster.data?.length === 0 && (
        <EmptyState title="Nobody is in a lab">
          As soon as somebody starts one, their card appears here; those who need help come first.
        </EmptyState>
      )}
      <ul className={styles['grid']}>
        {orderRoster(entries).map((entry) => (
          <li key={entry.attempt.id}>
            <RosterCard entry={entry} />
          </li>
        ))}
      </ul>
    </Page>
  );
}
