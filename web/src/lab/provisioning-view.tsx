import { Button, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { formatDuration } from '../parts/format.ts';
import { useNow } from '../parts/use-now.ts';
import { ProgressList } from './progress-list.tsx';
import styles from './provisioning-view.module.css';

/** The wait before the lab: always what is happening, in order, with times. */
export function ProvisioningView({ attempt }: { readonly attempt: AttemptView }) {
  const nowMs = useNow(500);
  return (
    <section className={styles['frame']} aria-labelledby="setting-up">
      <Title order={2} id="setting-up">
        Setting up your cluster
      </Title>
      <p className={styles['lead']}>
        {attempt.mode === 'incident'
          ? 'It is built healthy first, then something breaks. The clock starts after that.'
          : 'The clock does not run yet.'}{' '}
        <span className={styles['elapsed']}>
          {formatDuration(Math.max(1_000, serverNowMs(nowMs) - Date.parse(attempt.createdAt)))} so far.
        </span>
      </p>
      <div role="log" aria-label="Progress">
        {attempt.progress.length === 0 ? <p>Waiting for a place…</p> : <ProgressList progress={attempt.progress} />}
      </div>
      {attempt.trouble !== null && (
        <p role="alert" className={styles['trouble']}>
          {attempt.trouble}
        </p>
      )}
    </section>
  );
}

/** The platform's own failure: what failed, that it does not count, and how to go on. */
export function BrokenView({ attempt }: { readonly attempt: AttemptView }) {
  return (
    <section className={styles['frame']} aria-labelledby="broken" role="alert">
      <Title order={2} id="broken">
        The platform could not keep this lab running
      </Title>
      <p className={styles['lead']}>
        {attempt.trouble ?? 'It failed before the lab could begin.'} This attempt does not count against you.
      </p>
      <ProgressList progress={attempt.progress} />
      <div className={styles['actions']}>
        <Button component={Link} to="/labs">
          Back to the labs, to start again
        </Button>
        <Button component={Link} to={`/attempts/${attempt.id}/result`} variant="default">
          What happened
        </Button>
      </div>
    </section>
  );
}
