import { Title } from '@mantine/core';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import type { StatusUpdateView } from '../../../server/contract/incidents.ts';
import { postStatus } from '../api/incident-api.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { formatCountdown } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { useNow } from '../parts/use-now.ts';
import styles from './incident.module.css';
import { useRights } from './rights.ts';
import { StatusForm } from './status-form.tsx';
import { StatusList } from './status-list.tsx';
import { nextWord, type NextWord } from './status-plan.ts';

/** What others are told about the incident: those who may write it, everybody reads it. */
export function StatusTab({ attempt, updates }: { readonly attempt: AttemptView; readonly updates: readonly StatusUpdateView[] }) {
  const rights = useRights(attempt);
  const mayWrite = rights.has('status-users') || rights.has('status-internal');
  const isLive = attempt.incidentStartedAt !== null && attempt.endedAt === null;
  const due = isLive ? nextWord(updates, attempt.incidentStartedAt) : null;
  return (
    <section className={styles['status']} aria-labelledby="status-title">
      <header className={styles['statusHead']}>
        <Title order={2} size="h4" id="status-title">
          Status updates
        </Title>
        {due !== null && <Due due={due} running={attempt.clock?.running === true} />}
      </header>
      {mayWrite && isLive && <StatusForm send={(update) => postStatus(attempt.id, update)} updates={updates} rights={rights} />}
      {attempt.incidentStartedAt === null ? (
        <p className={styles['quiet']}>There is nothing to tell before the incident has begun.</p>
      ) : (
        <StatusList updates={updates} />
      )}
    </section>
  );
}

function Due({ due, running }: { readonly due: NextWord; readonly running: boolean }) {
  const leftMs = Date.parse(due.at) - serverNowMs(useNow(running ? 1_000 : null));
  return (
    <p className={styles['due']} data-late={leftMs < 0} data-testid="status-due">
      {due.what === 'first notice' ? 'First notice due' : 'Next word promised for'} <Instant at={due.at} style="time" />
      <span aria-hidden>{leftMs >= 0 ? ` (in ${formatCountdown(leftMs)})` : ' (overdue)'}</span>
    </p>
  );
}
