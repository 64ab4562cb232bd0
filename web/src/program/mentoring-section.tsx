import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { OwnPair } from '../../../server/contract/mentoring.ts';
import { fetchMentoring } from '../api/training-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { Waiting } from '../parts/waiting.tsx';
import styles from './training.module.css';

/** One's mentors, and the people one mentors. */
export function MentoringSection() {
  const mentoring = useQuery({ queryKey: ['mentoring'], queryFn: ({ signal }) => fetchMentoring(signal) });
  if (mentoring.isError) return <ErrorNotice error={mentoring.error} onRetry={() => void mentoring.refetch()} />;
  if (mentoring.data === undefined) return <Waiting what="your mentors" rows={1} />;
  const { mentors, trainees } = mentoring.data;
  return (
    <>
      {trainees.length > 0 && (
        <section className={styles['section']} aria-labelledby="trainees">
          <Title order={2} id="trainees">
            You mentor
          </Title>
          <ul className={styles['people']}>
            {trainees.map((pair) => (
              <PairCard key={pair.id} pair={pair} person={pair.trainee} withProgress={pair.endedAt === null} />
            ))}
          </ul>
        </section>
      )}
      <section className={styles['section']} aria-labelledby="mentors">
        <Title order={2} id="mentors">
          Your mentors
        </Title>
        {mentors.length === 0 && <p className={styles['quiet']}>Nobody yet. An instructor assigns them.</p>}
        <ul className={styles['people']}>
          {mentors.map((pair) => (
            <PairCard key={pair.id} pair={pair} person={pair.mentor} withProgress={false} />
          ))}
        </ul>
      </section>
    </>
  );
}

interface PairProps {
  readonly pair: OwnPair;
  readonly person: OwnPair['mentor'];
  readonly withProgress: boolean;
}

function PairCard({ pair, person, withProgress }: PairProps) {
  return (
    <li className={styles['card']} data-testid="mentorship">
      <div className={styles['person']}>
        <span>
          <span className={styles['title']}>{person.name}</span>{' '}
          <span className={styles['quiet']}>
            {pair.endedAt === null ? 'since ' : 'until '}
            <Instant at={pair.endedAt ?? pair.since} style="day" />
          </span>
        </span>
        <span className={styles['buttons']}>
          {withProgress && (
            <Button component={Link} to={`/training/people/${person.id}`} size="compact-xs" variant="default">
              Progress
            </Button>
          )}
          <Button component={Link} to={`/training/notes/${pair.id}`} size="compact-xs" variant="default">
            {pair.notes === 0 ? 'Notes' : countOf(pair.notes, 'note')}
          </Button>
        </span>
      </div>
    </li>
  );
}
