import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { MentorNotes } from '../../../server/contract/mentoring.ts';
import { fetchNotes, writeNote } from '../api/training-api.ts';
import { Conversation, SayForm } from '../parts/conversation.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import styles from './training.module.css';

const REFRESH_MS = 30_000;

/** What a mentor and a trainee write to each other. */
export function NotesPage() {
  const { pairId = '' } = useParams();
  const notes = useQuery({ queryKey: ['notes', pairId], queryFn: ({ signal }) => fetchNotes(pairId, signal), refetchInterval: REFRESH_MS });
  if (notes.data === undefined)
    return (
      <Page title="Notes" width="narrow">
        {notes.isError ? <ErrorNotice error={notes.error} onRetry={() => void notes.refetch()} /> : <Waiting what="the notes" />}
      </Page>
    );
  return <NotesOf notes={notes.data} />;
}

function NotesOf({ notes: { pair, notes } }: { readonly notes: MentorNotes }) {
  const me = useMe();
  const client = useQueryClient();
  const other = pair.mentor.id === me.id ? pair.trainee : pair.mentor;
  return (
    <Page
      title={`Notes with ${other.name}`}
      width="narrow"
      lead="Between the two of you: nobody else reads them."
      actions={
        <Button component={Link} to="/training" variant="default">
          Back to my training
        </Button>
      }
    >
      <div className={styles['notes']}>
        {notes.length === 0 && (
          <EmptyState title="Nothing written yet">Begin with a question, or with what you want to get better at.</EmptyState>
        )}
        <Conversation label="Notes" messages={notes.map(({ seq, ...note }) => ({ key: String(seq), ...note }))} />
        {pair.endedAt === null ? (
          <SayForm
            label="Write a note"
            button="Send"
            maxLength={4000}
            say={(text) => writeNote(pair.id, text)}
            onSaid={(next) => {
              client.setQueryData<MentorNotes>(['notes', pair.id], next);
              void client.invalidateQueries({ queryKey: ['mentoring'] });
            }}
          />
        ) : (
          <p className={styles['quiet']}>This mentoring has ended; what was written stays.</p>
        )}
      </div>
    </Page>
  );
}
