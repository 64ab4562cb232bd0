import { NativeSelect, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ArtefactView } from '../../../server/contract/artefacts.ts';
import { fetchVersion, fetchVersions } from '../api/artefacts-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { formatInstant } from '../parts/format.ts';
import { Waiting } from '../parts/waiting.tsx';
import { ArtefactFindings } from './artefact-findings.tsx';
import { ArtefactRating } from './artefact-rating.tsx';
import { ArtefactReader } from './artefact-reader.tsx';
import styles from './artefacts.module.css';
import { CommentForm } from './comment-form.tsx';
import { RatingForm } from './rating-form.tsx';
import { ReviewThreads } from './review-threads.tsx';

/** An artefact before those who judge it: every version that was kept, what a machine found, and the rubric for what was handed in. */
export function ArtefactReview({ attemptId, artefact }: { readonly attemptId: string; readonly artefact: ArtefactView }) {
  const key = ['artefact-versions', attemptId, artefact.id, artefact.revision];
  const versions = useQuery({ queryKey: key, queryFn: ({ signal }) => fetchVersions(attemptId, artefact.id, signal) });
  const [chosen, setChosen] = useState<number | null>(null);
  const shown = chosen ?? artefact.submitted?.version ?? artefact.version;
  const content = useQuery({
    queryKey: [...key, shown],
    queryFn: ({ signal }) => fetchVersion(attemptId, artefact.id, shown ?? 0, signal),
    enabled: shown !== null,
  });
  const isHandedIn = versions.data?.some(({ version, submitted }) => version === shown && submitted) === true;
  if (shown === null) return <EmptyState title={`No ${artefact.title.toLowerCase()} yet`}>Nothing was written so far.</EmptyState>;
  return (
    <section className={styles['review']} aria-labelledby={`review-${artefact.id}`} data-testid="artefact-review">
      <Title order={2} id={`review-${artefact.id}`}>
        {artefact.title}
      </Title>
      {versions.data !== undefined && versions.data.length > 1 && (
        <NativeSelect
          size="xs"
          className={styles['versions'] ?? ''}
          label="Version"
          value={String(shown)}
          onChange={(event) => {
            setChosen(Number(event.currentTarget.value));
          }}
          data={versions.data.map(({ version, by, savedAt, submitted }) => ({
            value: String(version),
            label: `${version}, ${formatInstant(savedAt, 'full').local}, ${by.name}${submitted ? ', handed in' : ''}`,
          }))}
        />
      )}
      <ArtefactRating artefact={artefact} />
      <div className={styles['reviewColumns']}>
        <div>
          {content.isError && <ErrorNotice error={content.error} onRetry={() => void content.refetch()} />}
          {content.data === undefined && !content.isError && <Waiting what="what was written" rows={3} />}
          {content.data !== undefined && <ArtefactReader fields={artefact.fields} content={content.data} />}
        </div>
        <div className={styles['judging']}>
          <ArtefactFindings findings={artefact.findings} />
          {artefact.mayRate && artefact.submitted?.version === shown && (
            <RatingForm key={shown} attemptId={attemptId} artefact={artefact} version={shown} />
          )}
          {artefact.mayRate && isHandedIn && content.data !== undefined && (
            <CommentForm key={`comment ${shown}`} attemptId={attemptId} artefact={artefact} version={shown} content={content.data} />
          )}
          <ReviewThreads attemptId={attemptId} artefact={artefact} />
          {artefact.mayRate && artefact.submitted === null && <p className={styles['help']}>It can be rated once it is handed in.</p>}
        </div>
      </div>
    </section>
  );
}
