import { Button, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { InterviewView } from '../../../server/contract/interviews.ts';
import { fetchInterviews } from '../api/interviews-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import table from '../parts/data-table.module.css';
import { Waiting } from '../parts/waiting.tsx';
import { openInterviewForm } from './interview-form.tsx';
import { InterviewRow } from './interview-row.tsx';
import { comparisonProblem } from './interview-words.ts';
import styles from './interviews.module.css';

/** What runs changes without anybody's doing here. */
const REFRESH_MS = 5_000;

export function InterviewsPage() {
  const interviews = useQuery({
    queryKey: ['interviews'],
    queryFn: ({ signal }) => fetchInterviews(signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Page
      title="Interviews"
      width="wide"
      lead="A candidate gets one link to one exercise, without an account. Candidates are on no roster and in no metric."
      actions={
        <>
          <Button component={Link} to="/extra-time" variant="default">
            Extra time
          </Button>
          <Button onClick={openInterviewForm}>New interview</Button>
        </>
      }
    >
      {interviews.isError && <ErrorNotice error={interviews.error} onRetry={() => void interviews.refetch()} />}
      {interviews.data === undefined && !interviews.isError && <Waiting what="the interviews" />}
      {interviews.data?.length === 0 && (
        <EmptyState title="No interviews yet">
          Make one: choose a lab and a fault, how long, and whether AI assistants may help. You get the link to send.
        </EmptyState>
      )}
      {interviews.data !== undefined && interviews.data.length > 0 && <InterviewTable interviews={interviews.data} />}
    </Page>
  );
}

function InterviewTable({ interviews }: { readonly interviews: readonly InterviewView[] }) {
  const navigate = useNavigate();
  const [chosenIds, setChosenIds] = useState<ReadonlySet<string>>(new Set());
  const chosen = interviews.filter(({ id }) => chosenIds.has(id));
  const problem = comparisonProblem(chosen);
  const toggle = (id: string): void => {
    const next = new Set(chosenIds);
    if (!next.delete(id)) next.add(id);
    setChosenIds(next);
  };
  return (
    <>
      <div className={styles['bar']}>
        <Button
          size="xs"
          variant="default"
          disabled={problem !== undefined}
          onClick={() => void navigate(`/interviews/review?ids=${chosen.map(({ id }) => id).join(',')}`)}
        >
          Side by side
        </Button>
        <span className={styles['quiet']} role="status">
          {problem ?? `${countOf(chosen.length, 'candidate')} of the same exercise.`}
        </span>
      </div>
      <div className={table['frame']}>
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">
                <VisuallyHidden>Chosen</VisuallyHidden>
              </th>
              <th scope="col">Candidate</th>
              <th scope="col">Exercise</th>
              <th scope="col">State</th>
              <th scope="col">Until</th>
              <th scope="col">Kept until</th>
              <th scope="col">
                <VisuallyHidden>Actions</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {interviews.map((interview) => (
              <InterviewRow key={interview.id} interview={interview} isChosen={chosenIds.has(interview.id)} onToggle={toggle} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
