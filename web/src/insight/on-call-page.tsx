import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { OnCallPerson, OnCallService } from '../../../server/contract/insight.ts';
import { fetchOnCall, onCallCsvPath } from '../api/insight-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { InsightTabs } from './insight-tabs.tsx';
import { ON_CALL_WORDS } from './insight-words.ts';
import styles from './insight.module.css';
import { StartButton } from './start-button.tsx';

const STATES = ['ready', 'nearly', 'lapsed', 'not yet'] as const;
const GROUP_TITLES: Readonly<Record<OnCallPerson['state'], string>> = {
  ready: 'Ready',
  nearly: 'Nearly: one thing is missing',
  lapsed: 'No longer',
  'not yet': 'Not yet',
};

/** For each service family: who may be on call, who nearly, and who was and is no longer. */
export function OnCallPage() {
  const me = useMe();
  const onCall = useQuery({ queryKey: ['insight', 'on-call'], queryFn: ({ signal }) => fetchOnCall(signal) });
  const isStaff = me.role !== 'trainee';
  return (
    <Page
      title="On call"
      lead={isStaff ? 'Who may be on call for what, by rules that are written down.' : 'What you may be on call for, and what is missing.'}
      actions={
        isStaff && (
          <Button component="a" href={onCallCsvPath} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
            Download as CSV
          </Button>
        )
      }
    >
      <InsightTabs />
      {onCall.isError && <ErrorNotice error={onCall.error} onRetry={() => void onCall.refetch()} />}
      {onCall.data === undefined && !onCall.isError && <Waiting what="who may be on call" rows={3} rowHeight={140} />}
      {onCall.data !== undefined && onCall.data.problems.length > 0 && (
        <div role="alert" className={styles['problems']}>
          <p>Some rules name what does not exist, and are passed over:</p>
          <ul>
            {onCall.data.problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      {onCall.data?.services.length === 0 && (
        <EmptyState title="No service has rules">Whoever runs Drillhouse writes them in the folder oncall.</EmptyState>
      )}
      {onCall.data?.services.map((service) => (
        <Service key={service.id} service={service} isStaff={isStaff} />
      ))}
    </Page>
  );
}

function Service({ service, isStaff }: { readonly service: OnCallService; readonly isStaff: boolean }) {
  const { title, summary, asks, counts, people } = service;
  return (
    <article className={styles['service']} aria-label={title} data-testid={`service-${service.id}`}>
      <h2>{title}</h2>
      <p className={styles['quiet']}>{summary}</p>
      <ul className={styles['asks']}>
        {asks.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {isStaff && (
        <p className={styles['counts']}>
          {counts.ready} ready, {counts.nearly} nearly, {counts.lapsed} no longer, {countOf(counts['not yet'], 'other')}.
        </p>
      )}
      {people.length === 0 && (
        <p className={styles['quiet']}>Nobody is near yet. Whoever has met all but one of these is listed here, with what is missing.</p>
      )}
      {STATES.map((state) => (
        <Group key={state} state={state} people={people.filter((one) => one.state === state)} isStaff={isStaff} />
      ))}
    </article>
  );
}

interface GroupProps {
  readonly state: OnCallPerson['state'];
  readonly people: readonly OnCallPerson[];
  readonly isStaff: boolean;
}

function Group({ state, people, isStaff }: GroupProps) {
  if (people.length === 0) return null;
  return (
    <section className={styles['group']} aria-label={GROUP_TITLES[state]}>
      {isStaff && <h3>{GROUP_TITLES[state]}</h3>}
      <ul className={styles['people']}>
        {people.map((one) => (
          <Person key={one.person.id} one={one} isStaff={isStaff} />
        ))}
      </ul>
    </section>
  );
}

function Person({ one, isStaff }: { readonly one: OnCallPerson; readonly isStaff: boolean }) {
  const me = useMe();
  const { person, state, until, missing } = one;
  return (
    <li>
      <p className={styles['personHead']}>
        {isStaff ? <Link to={`/skills?person=${person.id}`}>{person.name}</Link> : <b>You</b>}
        <StatusTag tone={ON_CALL_WORDS[state].tone}>{ON_CALL_WORDS[state].label}</StatusTag>
        {until !== null && (
          <span className={styles['quiet']}>
            {state === 'lapsed' ? 'since' : 'until'} <Instant at={until} style="day" />
          </span>
        )}
      </p>
      {missing.map(({ title, why, next, start }) => (
        <div key={title} className={styles['missing']}>
          <p>
            <b>{title}</b> is missing. {why} {next}
          </p>
          {person.id === me.id && <StartButton start={start} />}
        </div>
      ))}
    </li>
  );
}
