import { Button, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { fetchImprovements, fetchProgress } from '../api/certificates-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import styles from './certificates.module.css';
import { ImprovementCard } from './improvement-card.tsx';
import { openImprovementForm } from './improvement-form.tsx';
import { ProgressCard } from './progress-card.tsx';

/** One's own certificates: how far, what next, and the badges. */
export function CertificatesPage() {
  const me = useMe();
  const progress = useQuery({ queryKey: ['certificates', 'progress'], queryFn: ({ signal }) => fetchProgress(signal) });
  return (
    <Page
      title="Certificates"
      lead="Earned by doing, issued as Open Badges that anybody can verify."
      actions={
        <>
          {me.role !== 'trainee' && (
            <Button component={Link} to="/certificates/register" variant="default">
              Issue and decide
            </Button>
          )}
          <Button component={Link} to="/verify" variant="default">
            Verify a badge
          </Button>
        </>
      }
    >
      {progress.isError && <ErrorNotice error={progress.error} onRetry={() => void progress.refetch()} />}
      {progress.data === undefined && !progress.isError && <Waiting what="your certificates" rowHeight={180} rows={2} />}
      {progress.data?.certificates.length === 0 && (
        <EmptyState title="No certificates are defined">Whoever runs Drillhouse defines them in the folder certificates.</EmptyState>
      )}
      <div className={styles['cards']}>
        {progress.data?.certificates.map((one) => (
          <ProgressCard key={one.definition.id} progress={one} />
        ))}
      </div>
      <OwnImprovements />
    </Page>
  );
}

function OwnImprovements() {
  const me = useMe();
  const improvements = useQuery({ queryKey: ['improvements'], queryFn: ({ signal }) => fetchImprovements(signal) });
  const own = improvements.data?.filter(({ person }) => person.id === me.id);
  return (
    <section aria-labelledby="improvements" className={styles['section']}>
      <header className={styles['sectionHead']}>
        <Title order={2} id="improvements">
          Improvements in production
        </Title>
        <Button
          size="sm"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => {
            openImprovementForm(null);
          }}
        >
          Submit an improvement
        </Button>
      </header>
      {improvements.isError && <ErrorNotice error={improvements.error} onRetry={() => void improvements.refetch()} />}
      {own?.length === 0 && (
        <EmptyState title="None yet">
          Something small that you made better where it counts: a probe, an alert, a retry. Say what changed and where that can be seen; a
          manager accepts it.
        </EmptyState>
      )}
      <div className={styles['cards']}>
        {own?.map((improvement) => (
          <ImprovementCard key={improvement.id} improvement={improvement}>
            {improvement.state !== 'accepted' && (
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  openImprovementForm(improvement);
                }}
              >
                {improvement.state === 'returned' ? 'Submit it again' : 'Change it'}
              </Button>
            )}
          </ImprovementCard>
        ))}
      </div>
    </section>
  );
}
