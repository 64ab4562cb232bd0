import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Improvement } from '../../../server/contract/certification.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { IMPROVEMENT_STATES } from './certificate-words.ts';
import styles from './certificates.module.css';

interface Props {
  readonly improvement: Improvement;
  readonly showsPerson?: boolean;
  /** What whoever looks can do about it. */
  readonly children?: ReactNode;
}

/** An improvement with its evidence and what was said about it. */
export function ImprovementCard({ improvement, showsPerson = false, children }: Props) {
  const { tone, label } = IMPROVEMENT_STATES[improvement.state];
  return (
    <article className={styles['card']} id={improvement.id} aria-label={improvement.title} data-testid="improvement">
      <header className={styles['cardHead']}>
        <div>
          <Title order={3}>{improvement.title}</Title>
          <p className={styles['quiet']}>
            {showsPerson && `${improvement.person.name}, `}submitted <Instant at={improvement.submittedAt} />
          </p>
        </div>
        <StatusTag tone={tone}>{label}</StatusTag>
      </header>
      <p className={styles['words']}>{improvement.what}</p>
      <p className={styles['words']}>{improvement.effect}</p>
      <ul className={styles['links']}>
        {improvement.links.map((link) => (
          <li key={link}>
            <a href={link} target="_blank" rel="noreferrer noopener">
              {link}
            </a>
          </li>
        ))}
      </ul>
      {improvement.decided !== null && improvement.decided.comment !== '' && (
        <p className={styles['note']}>
          {improvement.decided.by.name}: {improvement.decided.comment}
        </p>
      )}
      {children}
    </article>
  );
}
