import { Button, Title } from '@mantine/core';
import { IconGavel } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Navigate, useParams } from 'react-router';
import type { Result } from '../../../server/contract/attempts.ts';
import { ApiError } from '../api/api-error.ts';
import { useArtefacts } from '../artefacts/use-artefacts.ts';
import { fetchResult } from '../api/attempts-api.ts';
import { AppealPanel } from '../certificates/appeal-panel.tsx';
import { useMeasurements } from '../measurements/use-measurements.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { mayOverride } from '../session/permissions.ts';
import { openOverrideForm } from './override-form.tsx';
import { ResultChecks } from './result-checks.tsx';
import { ResultHeadline } from './result-headline.tsx';
import styles from './result.module.css';
import { Scorecard } from './scorecard.tsx';
import { Story } from './story.tsx';

export function ResultPage() {
  const { attemptId = '' } = useParams();
  const result = useQuery({ queryKey: ['result', attemptId], queryFn: ({ signal }) => fetchResult(attemptId, signal) });
  // An attempt that still runs has no result; its own page is where to be.
  if (result.error instanceof ApiError && result.error.code === 'Conflict') return <Navigate to={`/attempts/${attemptId}`} replace />;
  if (result.data === undefined) {
    return (
      <Page title="Result">
        {result.isError ? (
          <ErrorNotice error={result.error} onRetry={() => void result.refetch()} />
        ) : (
          <Waiting what="the result" rows={4} rowHeight={96} />
        )}
      </Page>
    );
  }
  return <ResultView result={result.data} />;
}

function ResultView({ result }: { readonly result: Result }) {
  const me = useMe();
  const { attempt } = result;
  const own = attempt.person.id === me.id || attempt.team.some(({ person }) => person.id === me.id);
  const artefacts = useArtefacts(attempt.id);
  const measurements = useMeasurements(attempt.id);
  return (
    <Page
      title={own ? attempt.lab.title : `${attempt.lab.title}: ${attempt.person.name}`}
      lead={
        <>
          {attempt.mode === 'guided' ? 'Guided' : 'Incident'}, started <Instant at={attempt.createdAt} />
          {result.gradedAt !== null && (
            <>
              , graded <Instant at={result.gradedAt} />
            </>
          )}
          {attempt.team.length > 0 && (
            <>. As a team: {attempt.team.map(({ person, role }) => `${person.name} (${ROLE_LABELS[role].toLowerCase()})`).join(', ')}</>
          )}
        </>
      }
      actions={
        <>
          {mayOverride(me.role) && (
            <Button
              variant="default"
              leftSection={<IconGavel size={16} aria-hidden />}
              onClick={() => {
                openOverrideForm(attempt.id, attempt.person.name);
              }}
            >
              Override the outcome
            </Button>
          )}
          {measurements !== undefined && measurements.runs.length > 0 && (
            <Button component={Link} to={`/attempts/${attempt.id}/measurements`} variant="default">
              Measurements
            </Button>
          )}
          {artefacts !== undefined && (
            <Button component={Link} to={`/attempts/${attempt.id}/artefacts`} variant="default">
              {own ? 'Artefacts' : 'Read the artefacts'}
            </Button>
          )}
          <BackButton own={own} isInterview={attempt.isInterview} />
        </>
      }
    >
      <ResultHeadline result={result} />
      <div className={styles['columns']}>
        <section aria-labelledby="checks">
          <Title order={2} id="checks" mb="sm">
            Checks
          </Title>
          {result.checks.length === 0 ? (
            <EmptyState title="Nothing was checked">The attempt ended before the grader had anything to judge.</EmptyState>
          ) : (
            <ResultChecks checks={result.checks} />
          )}
        </section>
        <div className={styles['side']}>
          <Scorecard dimensions={result.dimensions} />
          {result.tryNext.length > 0 && (
            <section aria-labelledby="try-next">
              <Title order={2} id="try-next" mb="sm">
                Try next
              </Title>
              <ul className={styles['tryNext']}>
                {result.tryNext.map((suggestion) => (
                  <li key={suggestion}>{suggestion}</li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
      <Story timeline={result.timeline} recordings={result.recordings} />
      <AppealPanel attemptId={attempt.id} />
    </Page>
  );
}

function BackButton({ own, isInterview }: { readonly own: boolean; readonly isInterview: boolean }) {
  const [to, label] = isInterview
    ? ['/interviews', 'Back to the interviews']
    : own
      ? ['/labs', 'Back to the labs']
      : ['/grades', 'Back to the grades'];
  return (
    <Button component={Link} to={to} variant="default">
      {label}
    </Button>
  );
}
