import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { fetchAttempts, fetchCatalogue } from '../api/attempts-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { lazyComponent } from '../parts/lazy-component.ts';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { useSession } from '../session/use-session.ts';
import styles from './catalogue.module.css';
import { LabCard } from './lab-card.tsx';
import { LabProblems } from './lab-problems.tsx';
import { PastAttempts } from './past-attempts.tsx';

// Who has a lab running is reached by an instructor's words here too; the live channel's code is not worth loading for anybody else.
const MessageToasts = lazyComponent(async () => (await import('../realtime/message-toasts.tsx')).MessageToasts);

/** A team may name one while the page is open. */
const REFRESH_MS = 20_000;

export function CataloguePage() {
  const notice = useSession().data?.notice ?? null;
  return (
    <Page
      title="Labs"
      lead="Each lab gives you a Kubernetes cluster of your own. Build, break, mend; a grader outside the cluster judges what you left behind."
    >
      {notice !== null && (
        <p className={styles['notice']} role="note">
          {notice}
        </p>
      )}
      <Labs />
      <Attempts />
    </Page>
  );
}

function Labs() {
  const catalogue = useQuery({ queryKey: ['labs'], queryFn: ({ signal }) => fetchCatalogue(signal), refetchInterval: REFRESH_MS });
  if (catalogue.isError) return <ErrorNotice error={catalogue.error} onRetry={() => void catalogue.refetch()} />;
  if (catalogue.data === undefined) return <Waiting what="the labs" rows={2} rowHeight={180} />;
  const { labs, problems } = catalogue.data;
  return (
    <>
      {labs.some((lab) => lab.mine.runningAttemptId !== null) && (
        <Suspense>
          <MessageToasts />
        </Suspense>
      )}
      {problems.length > 0 && <LabProblems problems={problems} />}
      {labs.length === 0 ? (
        <EmptyState title="There are no labs yet">
          An administrator adds labs as folders on the server; each appears here as soon as it loads without a fault.
        </EmptyState>
      ) : (
        <ul className={styles['labs']}>
          {labs.map((lab) => (
            <li key={lab.slug}>
              <LabCard lab={lab} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Attempts() {
  const { id } = useMe();
  const attempts = useQuery({ queryKey: ['attempts'], queryFn: ({ signal }) => fetchAttempts(id, signal) });
  if (attempts.isError) return <ErrorNotice error={attempts.error} onRetry={() => void attempts.refetch()} />;
  return attempts.data === undefined ? null : <PastAttempts attempts={attempts.data} />;
}
