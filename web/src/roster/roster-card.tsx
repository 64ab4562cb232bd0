import { ActionIcon, Button } from '@mantine/core';
import { IconEye, IconMessage, IconPlugConnectedX } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { AttemptClock, RosterEntry } from '../../../server/contract/attempts.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { AttemptStateTag } from '../catalogue/past-attempts.tsx';
import { remainingMs } from '../lab/clock-view.ts';
import { Ago } from '../parts/ago.tsx';
import { countOf, formatCountdown } from '../parts/format.ts';
import { useNow } from '../parts/use-now.ts';
import { FaultMenu } from './fault-menu.tsx';
import { openMessageForm } from './message-form.tsx';
import { NEEDS_HELP_FROM } from './roster-order.ts';
import styles from './roster.module.css';

/** One trainee at work: where they are, what their terminal says, and the three things an instructor does. */
export function RosterCard({ entry }: { readonly entry: RosterEntry }) {
  const { attempt, step, needsHelp } = entry;
  const watchPath = `/roster/${attempt.id}`;
  return (
    <article
      className={styles['card']}
      data-help={needsHelp.score >= NEEDS_HELP_FROM}
      data-testid="roster-card"
      data-person={attempt.person.name}
      aria-label={attempt.person.name}
    >
      <header className={styles['cardHead']}>
        <h2 className={styles['name']}>
          <Link to={watchPath}>{attempt.person.name}</Link>
        </h2>
        {!entry.connected && (
          <span className={styles['away']} title="The page is closed; the lab goes on">
            <IconPlugConnectedX size={14} aria-hidden /> away
          </span>
        )}
        <AttemptStateTag state={attempt.state} />
      </header>
      <p className={styles['where']}>
        {attempt.lab.title}
        {attempt.team.length > 0 &&
          ` · team with ${attempt.team.flatMap(({ person }) => (person.id === attempt.person.id ? [] : [person.name])).join(', ')}`}
        {step !== null && ` · step ${step.index + 1} of ${step.of}: ${step.title}`}
      </p>
      {needsHelp.reason !== null && <p className={styles['reason']}>{needsHelp.reason}</p>}
      {entry.trouble !== null && <p className={styles['reason']}>{entry.trouble}</p>}
      <pre className={styles['lines']} aria-label="Last lines of the terminal">
        {entry.lastLines.length === 0 ? 'Nothing typed yet' : entry.lastLines.join('\n')}
      </pre>
      <Facts entry={entry} />
      <footer className={styles['cardActions']}>
        <Button
          component={Link}
          to={watchPath}
          size="compact-sm"
          leftSection={<IconEye size={15} aria-hidden />}
          aria-label={`Watch ${attempt.person.name}`}
        >
          Watch
        </Button>
        <FaultMenu entry={entry} />
        <ActionIcon
          variant="default"
          size="sm"
          aria-label={`Message to ${attempt.person.name}`}
          onClick={() => {
            openMessageForm(attempt);
          }}
        >
          <IconMessage size={15} aria-hidden />
        </ActionIcon>
      </footer>
    </article>
  );
}

function Facts({ entry }: { readonly entry: RosterEntry }) {
  const live = entry.faults.find((fault) => fault.id === entry.liveFault);
  return (
    <ul className={styles['facts']}>
      {entry.clock !== null && (
        <li>
          <TimeLeft clock={entry.clock} />
        </li>
      )}
      {entry.failingChecks > 0 && <li>{countOf(entry.failingChecks, 'check')} failing</li>}
      {entry.hintsUsed > 0 && <li>{countOf(entry.hintsUsed, 'hint')}</li>}
      {entry.lastInputAt !== null && (
        <li>
          typed <Ago at={entry.lastInputAt} />
        </li>
      )}
      {entry.liveFault !== null && <li>fault: {live?.title ?? entry.liveFault}</li>}
    </ul>
  );
}

function TimeLeft({ clock }: { readonly clock: AttemptClock }) {
  const nowMs = useNow(clock.running ? 1_000 : null);
  return (
    <>
      {formatCountdown(remainingMs(clock, serverNowMs(nowMs)))} left{clock.running ? '' : ' (stopped)'}
    </>
  );
}
