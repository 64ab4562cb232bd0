import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { PersonCurriculum } from '../../../server/contract/curriculum.ts';
import { TRACK_LABELS } from '../../../server/contract/program.ts';
import { fetchCurriculum } from '../api/training-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { CurriculumList } from './curriculum-list.tsx';
import { ARTEFACT_WORDS } from './curriculum-words.ts';
import styles from './training.module.css';

/** Somebody's progress, for their mentor and for staff. */
export function PersonTrainingPage() {
  const { personId = '' } = useParams();
  const curriculum = useQuery({ queryKey: ['curriculum', personId], queryFn: ({ signal }) => fetchCurriculum(personId, signal) });
  if (curriculum.data === undefined)
    return (
      <Page title="Training">
        {curriculum.isError ? (
          <ErrorNotice error={curriculum.error} onRetry={() => void curriculum.refetch()} />
        ) : (
          <Waiting what="the progress" rows={4} />
        )}
      </Page>
    );
  const { person, track, programmes, work } = curriculum.data;
  return (
    <Page title={`Training of ${person.name}`} lead={track === null ? 'On no track yet.' : `Track: ${TRACK_LABELS[track]}.`}>
      {programmes.length === 0 && (
        <EmptyState title="In no programme yet">A manager plans one for the cohort that {person.name} is in.</EmptyState>
      )}
      {programmes.map((programme) => (
        <CurriculumList key={programme.cohort.id} programme={programme} isOwn={false} />
      ))}
      {work.length > 0 && <Work work={work} />}
    </Page>
  );
}

/** Everything that was handed in, newest first; a lab may have been done more than once, and one that nobody asked for. */
function Work({ work }: { readonly work: PersonCurriculum['work'] }) {
  return (
    <section className={styles['later']} aria-labelledby="work">
      <Title order={2} id="work">
        Handed in
      </Title>
      <ul className={styles['items']}>
        {work.map(({ attemptId, title, startedAt, artefacts }) => (
          <li key={attemptId} className={styles['item']}>
            <div>
              <p className={styles['title']}>
                <Link to={`/attempts/${attemptId}/artefacts`}>{title}</Link>
              </p>
              <p className={styles['quiet']}>
                Begun <Instant at={startedAt} style="day" />;{' '}
                {artefacts.map((one) => `${one.title} ${ARTEFACT_WORDS[one.state].label}`).join(', ')}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
