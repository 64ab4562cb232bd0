import { Button, Progress } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Readiness } from '../../../server/contract/readiness.ts';
import { fetchReadiness } from '../api/training-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { formatInstant } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { PlacementCard } from './placement-card.tsx';
import { QuestionCard } from './question-card.tsx';
import styles from './readiness.module.css';
import { useAnswers } from './use-answers.ts';

/** The readiness check: answered at one's own pace, kept as one goes, and what came of it. */
export function ReadinessPage() {
  const readiness = useQuery({ queryKey: ['readiness'], queryFn: ({ signal }) => fetchReadiness(signal) });
  return (
    <Page title="Readiness check" width="narrow" lead={readiness.data === undefined ? undefined : leadOf(readiness.data)}>
      {readiness.isError && <ErrorNotice error={readiness.error} onRetry={() => void readiness.refetch()} />}
      {readiness.data === undefined && !readiness.isError && <Waiting what="the questions" rows={4} rowHeight={150} />}
      {readiness.data !== undefined &&
        (readiness.data.opensAt === null ? <Questions readiness={readiness.data} /> : <Closed readiness={readiness.data} />)}
    </Page>
  );
}

function leadOf({ minutes, opensAt }: Readiness): string {
  if (opensAt !== null) return `You have taken it. It can be taken again from ${formatInstant(opensAt, 'day').local} on.`;
  return `About ${minutes} minutes. It says on which track you begin; nobody is failed. Each answer is kept at once: you can stop and go on later.`;
}

function Closed({ readiness }: { readonly readiness: Readiness }) {
  const { current, history } = readiness;
  const check = history.find(({ kind }) => kind === 'check');
  return (
    <div className={styles['end']}>
      {current !== null && <PlacementCard placement={current} />}
      {current?.kind === 'overruled' && check !== undefined && (
        <>
          <p className={styles['quiet']}>What your answers said:</p>
          <PlacementCard placement={check} />
        </>
      )}
      <Button component={Link} to="/training">
        See what is due
      </Button>
    </div>
  );
}

function Questions({ readiness }: { readonly readiness: Readiness }) {
  const client = useQueryClient();
  const { answers, missing, choose, submit } = useAnswers(readiness, (next) => {
    client.setQueryData<Readiness>(['readiness'], next);
    if (next.opensAt === null) return;
    void client.invalidateQueries({ queryKey: ['curriculum'] });
    void client.invalidateQueries({ queryKey: ['reminders'] });
  });
  const total = readiness.questions.length;
  const answered = readiness.questions.filter(({ id }) => (answers[id] ?? []).length > 0).length;
  return (
    <>
      <div className={styles['progress']}>
        <p>
          <span role="status">
            {answered} of {total} answered
          </span>
        </p>
        <Progress value={(100 * answered) / total} size="sm" aria-label="Answered" />
      </div>
      <ol className={styles['questions']}>
        {readiness.questions.map((question, index) => (
          <QuestionCard
            key={question.id}
            question={question}
            number={index + 1}
            chosen={answers[question.id] ?? []}
            isMissing={missing.has(question.id)}
            onChoose={(options) => {
              choose(question.id, options);
            }}
          />
        ))}
      </ol>
      <div className={styles['end']}>
        {submit.isError && <ErrorNotice error={submit.error} />}
        <Button
          loading={submit.isPending}
          onClick={() => {
            submit.mutate(undefined);
          }}
        >
          Finish and see my track
        </Button>
      </div>
    </>
  );
}
