import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { PersonCurriculum } from '../../../server/contract/curriculum.ts';
import { TRACK_LABELS } from '../../../server/contract/program.ts';
import { fetchCurriculum, fetchReadiness } from '../api/training-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { CalendarSection } from './calendar-section.tsx';
import { CurriculumList } from './curriculum-list.tsx';
import { MentoringSection } from './mentoring-section.tsx';
import styles from './training.module.css';

/** One's own ninety days: what is due, done and late; the track and why; mentors; the calendar. */
export function TrainingPage() {
  const curriculum = useQuery({ queryKey: ['curriculum', null], queryFn: ({ signal }) => fetchCurriculum(null, signal) });
  return (
    <Page title="My training" lead="What is due within the ninety days of your programme, and who helps you with it.">
      {curriculum.isError && <ErrorNotice error={curriculum.error} onRetry={() => void curriculum.refetch()} />}
      {curriculum.data === undefined && !curriculum.isError && <Waiting what="what is due" rows={4} />}
      {curriculum.data !== undefined && (
        <div className={styles['columns']}>
          <div>
            {curriculum.data.programmes.length === 0 && (
              <EmptyState title="You are in no programme yet">
                A manager plans one for your cohort. Until then every lab is open to you, and you can take the readiness check.
              </EmptyState>
            )}
            {curriculum.data.programmes.map((programme) => (
              <CurriculumList key={programme.cohort.id} programme={programme} isOwn />
            ))}
          </div>
          <div className={styles['side']}>
            <TrackSection curriculum={curriculum.data} />
            <MentoringSection />
            <CalendarSection />
          </div>
        </div>
      )}
    </Page>
  );
}

function TrackSection({ curriculum }: { readonly curriculum: PersonCurriculum }) {
  const readiness = useQuery({ queryKey: ['readiness'], queryFn: ({ signal }) => fetchReadiness(signal) });
  const { track, trackFrom } = curriculum;
  const current = readiness.data?.current ?? null;
  const isOpen = readiness.data?.opensAt === null;
  const isBegun = readiness.data?.savedAt !== null && readiness.data?.savedAt !== undefined;
  return (
    <section className={styles['section']} aria-labelledby="track">
      <Title order={2} id="track">
        Your track
      </Title>
      <div className={styles['card']}>
        <p className={styles['track']}>{track === null ? 'None yet' : TRACK_LABELS[track]}</p>
        {current === null ? (
          <p className={styles['quiet']}>
            {trackFrom === 'cohort' ? 'It is your cohort’s. ' : ''}The readiness check finds the one that fits you, in{' '}
            {readiness.data?.minutes ?? 8} minutes.
          </p>
        ) : (
          <p className={styles['quiet']}>
            {current.kind === 'overruled' ? `${current.by.name}: ` : ''}
            {current.reasons.join(' ')}
          </p>
        )}
        <Button component={Link} to="/readiness" size="xs" variant={current === null ? 'filled' : 'default'}>
          {isOpen ? (isBegun ? 'Go on with the readiness check' : 'Take the readiness check') : 'See the result'}
        </Button>
      </div>
    </section>
  );
}
