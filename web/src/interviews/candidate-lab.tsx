import { useEffect, useRef } from 'react';
import { isRunning } from '../lab/attempt-cache.ts';
import { OwnLab } from '../lab/lab-page.tsx';
import { useAttempt } from '../lab/use-attempt.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useGlobalShortcuts } from '../shell/use-global-shortcuts.ts';
import styles from './interviews.module.css';

interface Props {
  readonly attemptId: string;
  /** Called once, when there is nothing left to do. */
  readonly onOver: () => void;
}

export function CandidateLab({ attemptId, onOver }: Props) {
  useGlobalShortcuts();
  const attempt = useAttempt(attemptId);
  const isOver = attempt.data !== undefined && !isRunning(attempt.data);
  const tell = useRef(onOver);
  useEffect(() => {
    tell.current = onOver;
  });
  useEffect(() => {
    if (isOver) tell.current();
  }, [isOver]);
  if (attempt.data === undefined) {
    return (
      <main className={styles['alone']}>
        {attempt.isError ? (
          <ErrorNotice error={attempt.error} onRetry={() => void attempt.refetch()} />
        ) : (
          <Waiting what="your lab" rows={4} />
        )}
      </main>
    );
  }
  return <OwnLab attempt={attempt.data} />;
}
