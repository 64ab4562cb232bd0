import { Button, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { AppealView } from '../../../server/contract/certification.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { openAppealDecision } from './appeal-decision.tsx';
import { APPEAL_DECISIONS } from './certificate-words.ts';
import styles from './certificates.module.css';

/** One appeal, its reason and what came of it. */
export function AppealCard({ appeal }: { readonly appeal: AppealView }) {
  const { tone, label } = APPEAL_DECISIONS[appeal.decision ?? 'open'];
  return (
    <article className={styles['card']} aria-label={`Appeal of ${appeal.person.name}`} data-testid="appeal">
      <header className={styles['cardHead']}>
        <div>
          <Title order={3}>
            {appeal.person.name}: <Link to={`/attempts/${appeal.attemptId}/result`}>{appeal.lab}</Link>
          </Title>
          <p className={styles['quiet']}>
            Made <Instant at={appeal.madeAt} />; the outcome now is {appeal.outcomeNow}
          </p>
        </div>
        <StatusTag tone={tone}>{label}</StatusTag>
      </header>
      <p className={styles['words']}>{appeal.reason}</p>
      {appeal.answer !== null && (
        <p className={styles['note']}>
          {appeal.decidedBy?.name}: {appeal.answer}
        </p>
      )}
      {appeal.mayDecide && (
        <Button
          size="sm"
          onClick={() => {
            openAppealDecision(appeal);
          }}
        >
          Decide
        </Button>
      )}
    </article>
  );
}
