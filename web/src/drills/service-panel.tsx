import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import { Link } from 'react-router';
import type { DrillView } from '../../../server/contract/drills.ts';
import { StatusList } from '../incident/status-list.tsx';
import { Ago } from '../parts/ago.tsx';
import { countOf, formatInstant } from '../parts/format.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import { SERVICE_STATES } from './drill-words.ts';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import type { Moves } from './use-drill.ts';

/** More would push the timeline out of sight. */
const NEWEST_UPDATES = 2;

/** The service and the status page, as somebody outside sees them. */
export function ServicePanel({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const isUnder = drill.state === 'running' || drill.state === 'paused';
  const earlier = drill.status.slice(0, -NEWEST_UPDATES);
  return (
    <Panel title="As outsiders see it">
      {drill.service !== null && <ServiceLook service={drill.service} />}
      {drill.sandbox !== null && (
        <p className={styles['quiet']}>
          {drill.sandbox.words}
          {drill.sandbox.attemptId !== null && drill.sandbox.ready && (
            <>
              {' '}
              <Link to={`/roster/${drill.sandbox.attemptId}`}>Watch the terminals</Link>
            </>
          )}
        </p>
      )}
      {drill.mode === 'tabletop' && isUnder && drill.me.rights.includes('run') && <ServiceForm moves={moves} />}
      <StatusList updates={drill.status.slice(-NEWEST_UPDATES)} />
      {earlier.length > 0 && (
        <details className={styles['more']}>
          <summary>{countOf(earlier.length, 'earlier update')}</summary>
          <StatusList updates={earlier} />
        </details>
      )}
    </Panel>
  );
}

function ServiceLook({ service }: { readonly service: NonNullable<DrillView['service']> }) {
  const { tone, label } = SERVICE_STATES[service.state];
  return (
    <div className={styles['service']} data-testid="service" data-state={service.state}>
      <p className={styles['serviceState']}>
        <StatusTag tone={tone}>{label}</StatusTag>
        {service.since !== null && (
          <span className={styles['quiet']}>
            <Ago at={service.since} />
          </span>
        )}
      </p>
      <p className={styles['seen']}>{service.seen === '' ? 'Nobody has looked yet.' : service.seen}</p>
      {service.samples.length > 1 && (
        <ol className={styles['samples']} aria-label="How it was seen, the newest last">
          {service.samples.slice(-90).map((sample, index) => (
            <li
              key={`${sample.at}-${index}`}
              data-state={sample.state}
              title={`${formatInstant(sample.at, 'time').local}: ${SERVICE_STATES[sample.state].label}`}
            />
          ))}
        </ol>
      )}
    </div>
  );
}

/** At a table nobody can probe, so whoever runs it says how it looks from outside. */
function ServiceForm({ moves }: { readonly moves: Moves }) {
  const [state, setState] = useState<'up' | 'degraded' | 'down'>('degraded');
  const [seen, setSeen] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (seen.trim() === '') return;
    moves.make({ move: 'service', state, seen }, () => {
      setSeen('');
    });
  };
  return (
    <form onSubmit={submit} className={styles['inlineForm']} aria-label="Say how the service looks">
      <NativeSelect
        aria-label="State of the service"
        size="xs"
        value={state}
        onChange={(event) => setState(event.currentTarget.value as typeof state)}
        data={(['up', 'degraded', 'down'] as const).map((value) => ({ value, label: SERVICE_STATES[value].label }))}
      />
      <TextInput
        aria-label="What outsiders see"
        placeholder="What outsiders see now"
        size="xs"
        maxLength={200}
        value={seen}
        onChange={(event) => setSeen(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        Set
      </Button>
    </form>
  );
}
