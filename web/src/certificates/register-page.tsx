import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { fetchAppeals, fetchImprovements, fetchRegister } from '../api/certificates-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { StatusIcon } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { AppealCard } from './appeal-card.tsx';
import { CandidateTable } from './candidate-table.tsx';
import styles from './certificates.module.css';
import { DecideImprovement } from './decide-improvement.tsx';
import { ImprovementCard } from './improvement-card.tsx';
import { IssuedTable } from './issued-table.tsx';
import { SigningKeys } from './signing-keys.tsx';

/** For instructors and managers: who is ready, what was issued, what waits for a decision. */
export function RegisterPage() {
  const register = useQuery({ queryKey: ['certificates', 'register'], queryFn: ({ signal }) => fetchRegister(signal) });
  return (
    <Page
      title="Issue and decide"
      lead="Certificates of everybody, and what waits for a person to look at it."
      actions={
        <Button component={Link} to="/certificates" variant="default">
          Back to your certificates
        </Button>
      }
    >
      {register.isError && <ErrorNotice error={register.error} onRetry={() => void register.refetch()} />}
      {register.data === undefined && !register.isError && <Waiting what="the register" rows={3} />}
      {register.data !== undefined && (
        <>
          {register.data.problems.map((problem) => (
            <Warning key={problem}>{problem}</Warning>
          ))}
          {!register.data.addressIsLasting && (
            <Warning>
              Badges carry the address of this installation for good. Set PUBLIC_URL to an address that lasts before you issue any that
              count.
            </Warning>
          )}
          <Section title="On the way">
            {register.data.candidates.length === 0 ? (
              <EmptyState title="Nobody is on the way">
                People appear here as soon as they have met one requirement of a certificate.
              </EmptyState>
            ) : (
              <CandidateTable candidates={register.data.candidates} />
            )}
          </Section>
          <Section title="Issued">
            {register.data.issued.length === 0 ? (
              <EmptyState title="Nothing was issued yet">Issue the first one above, to somebody who has met everything.</EmptyState>
            ) : (
              <IssuedTable issued={register.data.issued} />
            )}
          </Section>
        </>
      )}
      <Improvements />
      <AppealList />
      <SigningKeys />
    </Page>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles['section']} aria-label={title}>
      <Title order={2} mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}

function Warning({ children }: { readonly children: ReactNode }) {
  return (
    <p className={`${styles['note'] ?? ''} ${styles['warning'] ?? ''}`}>
      <StatusIcon tone="warn" size={16} /> <span>{children}</span>
    </p>
  );
}

function Improvements() {
  const improvements = useQuery({ queryKey: ['improvements'], queryFn: ({ signal }) => fetchImprovements(signal) });
  const waiting = improvements.data?.filter(({ state }) => state === 'submitted');
  return (
    <Section title="Improvements to look at">
      {improvements.isError && <ErrorNotice error={improvements.error} onRetry={() => void improvements.refetch()} />}
      {waiting?.length === 0 && <EmptyState title="None waits">What people submit towards the full badge appears here.</EmptyState>}
      <div className={styles['cards']}>
        {waiting?.map((improvement) => (
          <ImprovementCard key={improvement.id} improvement={improvement} showsPerson>
            {improvement.mayDecide && <DecideImprovement improvement={improvement} />}
          </ImprovementCard>
        ))}
      </div>
    </Section>
  );
}

function AppealList() {
  const appeals = useQuery({ queryKey: ['appeals'], queryFn: ({ signal }) => fetchAppeals(signal) });
  return (
    <Section title="Appeals">
      {appeals.isError && <ErrorNotice error={appeals.error} onRetry={() => void appeals.refetch()} />}
      {appeals.data?.length === 0 && (
        <EmptyState title="Nobody appeals">Whoever thinks a verdict wrong says so on the page of their result.</EmptyState>
      )}
      <div className={styles['cards']}>
        {appeals.data?.map((appeal) => (
          <AppealCard key={appeal.id} appeal={appeal} />
        ))}
      </div>
    </Section>
  );
}
