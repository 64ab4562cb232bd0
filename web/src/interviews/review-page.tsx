import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import type { InterviewReview } from '../../../server/contract/interviews.ts';
import { fetchReviews } from '../api/interviews-api.ts';
import { AI_WORDS, declaredWords } from '../lab/ai-words.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf, formatDuration } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { dimensionLabel, LEVELS, OUTCOMES, VERDICTS } from '../result/result-words.ts';
import { candidateName } from './interview-words.ts';
import styles from './interviews.module.css';

/** One candidate, or several of the same exercise side by side, in the order of their names: a person decides, not a list. */
export function ReviewPage() {
  const [search] = useSearchParams();
  const ids = (search.get('ids') ?? '').split(',').filter((id) => id !== '');
  const reviews = useQuery({
    queryKey: ['interview-reviews', ids],
    queryFn: ({ signal }) => fetchReviews(ids, signal),
    enabled: ids.length > 0,
  });
  const [first] = reviews.data ?? [];
  const isMany = ids.length > 1;
  return (
    <Page
      title={isMany ? 'Side by side' : 'Review'}
      width={isMany ? 'wide' : 'narrow'}
      lead={
        first === undefined
          ? 'What candidates showed.'
          : `${first.interview.exercise.lab.title}, ${first.interview.exercise.fault?.title ?? 'fault by the seed'}, ${first.interview.exercise.minutes} minutes. ${isMany ? 'In the order of the names; there is no ranking.' : ''}`
      }
      actions={
        <Button component={Link} to="/interviews" variant="default">
          All interviews
        </Button>
      }
    >
      {ids.length === 0 && <EmptyState title="Nobody is chosen">Go back to the interviews and choose whom to look at.</EmptyState>}
      {reviews.isError && <ErrorNotice error={reviews.error} onRetry={() => void reviews.refetch()} />}
      {reviews.data === undefined && !reviews.isError && ids.length > 0 && <Waiting what="the reviews" rows={3} rowHeight={120} />}
      <div className={styles['columns']}>
        {reviews.data?.map((review) => (
          <Candidate key={review.interview.id} review={review} />
        ))}
      </div>
    </Page>
  );
}

function Candidate({ review }: { readonly review: InterviewReview }) {
  const { interview, result } = review;
  const name = candidateName(interview);
  return (
    <article className={styles['column']} aria-label={name} data-testid="review">
      <Title order={2}>{name}</Title>
      {result === null ? (
        <EmptyState title="Nothing to review yet">
          {interview.state === 'running' ? 'It is under way; you can watch it.' : 'It has not been begun.'}
        </EmptyState>
      ) : (
        <>
          <p className={styles['answer']}>
            <StatusTag tone={OUTCOMES[result.outcome].tone}>{OUTCOMES[result.outcome].label}</StatusTag> <span>{result.headline}</span>
          </p>
          <Numbers review={review} result={result} />
          <Checks checks={result.checks} />
          <Process process={review.process} />
          {interview.attempt !== null && (
            <Button component={Link} to={`/attempts/${interview.attempt.id}/result`} variant="default" size="xs">
              {result.recordings === 0 ? 'Evidence and timeline' : `Evidence, timeline, ${countOf(result.recordings, 'recording')}`}
            </Button>
          )}
        </>
      )}
    </article>
  );
}

type ReviewResult = NonNullable<InterviewReview['result']>;

function Numbers({ review, result }: { readonly review: InterviewReview; readonly result: ReviewResult }) {
  const { interview, declaration } = review;
  const { extraTime, exercise } = interview;
  const hasExtra = extraTime.percent + extraTime.minutes > 0;
  return (
    <dl className={styles['numbers']}>
      <dt>Score</dt>
      <dd>{result.score === null ? '–' : `${result.score} of 100`}</dd>
      <dt>Restored after</dt>
      <dd>{result.restoredAfterMs === null ? 'not restored' : formatDuration(result.restoredAfterMs)}</dd>
      <dt>Hints</dt>
      <dd>{result.hintsUsed}</dd>
      {hasExtra && (
        <>
          <dt>Extra time</dt>
          <dd>
            {extraTime.percent} % and {extraTime.minutes} min
          </dd>
        </>
      )}
      <dt>{AI_WORDS[exercise.aiPolicy].label}</dt>
      <dd>{declaration === null ? 'nothing declared' : declaredWords(declaration)}</dd>
      {result.dimensions.map(({ dimension, level }) => (
        <Level key={dimension} dimension={dimension} level={level} />
      ))}
    </dl>
  );
}

function Level({ dimension, level }: Pick<ReviewResult['dimensions'][number], 'dimension' | 'level'>) {
  return (
    <>
      <dt>{dimensionLabel(dimension)}</dt>
      <dd>
        <StatusTag tone={LEVELS[level].tone}>{LEVELS[level].label}</StatusTag>
      </dd>
    </>
  );
}

function Checks({ checks }: { readonly checks: ReviewResult['checks'] }) {
  if (checks.length === 0) return null;
  return (
    <section>
      <Title order={3}>Checks</Title>
      <ul className={styles['points']}>
        {checks.map(({ id, title, verdict, reason }) => (
          <li key={id}>
            <StatusTag tone={VERDICTS[verdict].tone}>{VERDICTS[verdict].label}</StatusTag> {title}
            {reason !== null && <span className={styles['reason']}> {reason}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Process({ process }: { readonly process: InterviewReview['process'] }) {
  if (process === null) return null;
  return (
    <section>
      <Title order={3}>{process.isEmpty ? 'Way of working' : `Way of working: ${process.score} of 100`}</Title>
      <p className={styles['quiet']}>From what was typed in the terminals. It decides nothing about passing.</p>
      {process.isEmpty ? (
        <p className={styles['quiet']}>Nothing was typed that says anything.</p>
      ) : (
        <ul className={styles['points']}>
          {process.points.map(({ id, title, points, of, words, seen }) => (
            <li key={id}>
              <strong>
                {title}: {points} of {of}.
              </strong>{' '}
              {words} {seen.length > 0 && <code>{seen.join(' · ')}</code>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
