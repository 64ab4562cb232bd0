import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ExtraTimeHistory } from '../../../server/contract/extra-time.ts';
import { fetchExtraTimes } from '../api/accommodations-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import styles from './accommodations.module.css';
import { openExtraTimeForm } from './extra-time-form.tsx';
import { extraTimeWords } from './extra-time-words.ts';
import { ExtraTimeEntries } from './extra-time-entries.tsx';

export function ExtraTimePage() {
  const me = useMe();
  const people = useQuery({ queryKey: ['extra-time'], queryFn: ({ signal }) => fetchExtraTimes(signal) });
  return (
    <Page
      title="Extra time"
      lead="For who needs it: it is added to everything they start. They see it and its reason, and so do instructors and managers; nobody else does."
      actions={
        <Button
          onClick={() => {
            openExtraTimeForm(null, me.id);
          }}
        >
          Give extra time
        </Button>
      }
    >
      {people.isError && <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />}
      {people.data === undefined && !people.isError && <Waiting what="who has extra time" />}
      {people.data?.length === 0 && (
        <EmptyState title="Nobody has extra time">
          Give it to a person of a cohort, with a reason; it holds from their next start.
        </EmptyState>
      )}
      <ul className={styles['people']}>
        {people.data?.map((history) => (
          <li key={history.person.id}>
            <PersonCard history={history} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function PersonCard({ history }: { readonly history: ExtraTimeHistory }) {
  const me = useMe();
  return (
    <article className={styles['person']} aria-label={history.person.name}>
      <header className={styles['head']}>
        <Title order={2}>{history.person.name}</Title>
        <span>{extraTimeWords(history)}</span>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Change the extra time of ${history.person.name}`}
          onClick={() => {
            openExtraTimeForm(history, me.id);
          }}
        >
          Change
        </Button>
      </header>
      <ExtraTimeEntries entries={history.entries} />
    </article>
  );
}
