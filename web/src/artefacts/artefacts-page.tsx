import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { Artefacts } from '../../../server/contract/artefacts.ts';
import { fetchArtefacts } from '../api/artefacts-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { ArtefactReview } from './artefact-review.tsx';
import { ArtefactsTab } from './artefacts-tab.tsx';

/** What was written in one attempt: its writer goes on with it, instructors and managers read and rate it. */
export function ArtefactsPage() {
  const { attemptId = '' } = useParams();
  const query = useQuery({ queryKey: ['artefacts', attemptId], queryFn: ({ signal }) => fetchArtefacts(attemptId, signal) });
  if (query.data === undefined) {
    return (
      <Page title="Artefacts">
        {query.isError ? (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Waiting what="what was written" rows={3} rowHeight={120} />
        )}
      </Page>
    );
  }
  return <ArtefactsOf attemptId={attemptId} data={query.data} />;
}

function ArtefactsOf({ attemptId, data }: { readonly attemptId: string; readonly data: Artefacts }) {
  const own = data.attempt.mine;
  // A mentor who is not staff sees no other page of the attempt.
  const isMentor = useMe().role === 'trainee' && !own;
  return (
    <Page
      title={own ? `Artefacts: ${data.attempt.title}` : `Artefacts of ${data.attempt.person.name}`}
      lead={own ? 'What you wrote. It can be bettered until it was accepted.' : data.attempt.title}
      actions={
        isMentor ? (
          <Button component={Link} to={`/training/people/${data.attempt.person.id}`} variant="default">
            Back to the progress
          </Button>
        ) : (
          <Button component={Link} to={`/attempts/${attemptId}${data.attempt.ended ? '/result' : ''}`} variant="default">
            {data.attempt.ended ? 'Back to the result' : 'Back to the lab'}
          </Button>
        )
      }
    >
      {data.artefacts.length === 0 && <EmptyState title="Nothing to write">This lab asks for no artefacts.</EmptyState>}
      {own ? (
        <ArtefactsTab attemptId={attemptId} data={data} />
      ) : (
        data.artefacts.map((artefact) => <ArtefactReview key={artefact.id} attemptId={attemptId} artefact={artefact} />)
      )}
    </Page>
  );
}
