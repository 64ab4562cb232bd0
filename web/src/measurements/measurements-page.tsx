import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { Measurements } from '../../../server/contract/measurements.ts';
import { fetchMeasurements } from '../api/measurements-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { MeasurementsTab } from './measurements-tab.tsx';
import { measurementsKey, useMeasurements } from './use-measurements.ts';

/** What was measured in one attempt, also after its end; instructors and managers read it. */
export function MeasurementsPage() {
  const { attemptId = '' } = useParams();
  const query = useQuery({
    queryKey: measurementsKey(attemptId),
    queryFn: ({ signal }) => fetchMeasurements(attemptId, signal),
  });
  if (query.data === undefined) {
    return (
      <Page title="Measurements">
        {query.isError ? (
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Waiting what="what was measured" rows={3} rowHeight={120} />
        )}
      </Page>
    );
  }
  return <MeasurementsOf attemptId={attemptId} data={query.data} />;
}

function MeasurementsOf({ attemptId, data }: { readonly attemptId: string; readonly data: Measurements }) {
  const own = data.attempt.person.id === useMe().id;
  const measured = useMeasurements(attemptId);
  return (
    <Page
      width="wide"
      title={own ? `Measurements: ${data.attempt.title}` : `Measurements of ${data.attempt.person.name}`}
      lead={own ? 'Every run, against what was aimed at.' : data.attempt.title}
      actions={
        <Button component={Link} to={`/attempts/${attemptId}${data.attempt.ended ? '/result' : ''}`} variant="default">
          {data.attempt.ended ? 'Back to the result' : 'Back to the lab'}
        </Button>
      }
    >
      {measured === undefined ? (
        <EmptyState title="Nothing to measure">This lab measures nothing.</EmptyState>
      ) : (
        <MeasurementsTab attemptId={attemptId} data={measured} />
      )}
    </Page>
  );
}
