import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { InjectView, ScriptView } from '../../../server/contract/drills.ts';
import { fetchScript } from '../api/drills-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { CHANNELS, recipientsText } from './drill-words.ts';
import styles from './drills.module.css';
import { Prose } from './prose.tsx';
import { formatScenario } from './scenario-time.ts';
import { ScheduleForm } from './schedule-form.tsx';

export function ScriptPage() {
  const { slug = '' } = useParams();
  const script = useQuery({ queryKey: ['drill-script', slug], queryFn: ({ signal }) => fetchScript(slug, signal) });
  if (script.data === undefined) {
    return (
      <Page title="Script">
        {script.isError ? <ErrorNotice error={script.error} onRetry={() => void script.refetch()} /> : <Waiting what="the script" />}
      </Page>
    );
  }
  return <Script script={script.data} />;
}

function Script({ script }: { readonly script: ScriptView }) {
  return (
    <Page title={script.title} lead={script.summary} actions={<Link to="/drills">All drills</Link>} width="wide">
      <div className={styles['reading']}>
        <div className={styles['readingText']}>
          <Section title="For whoever runs it">
            <Prose>{script.guide}</Prose>
          </Section>
          <Section title="Objectives">
            <dl className={styles['objectives']}>
              {script.objectives.map(({ id, title, looksFor }) => (
                <div key={id}>
                  <dt>{title}</dt>
                  <dd>{looksFor}</dd>
                </div>
              ))}
            </dl>
          </Section>
          <Section title="Events">
            <ol className={styles['events']}>
              {script.list.map((inject) => (
                <li key={inject.number}>
                  <EventRow inject={inject} />
                </li>
              ))}
            </ol>
          </Section>
          <Section title="What players are told">
            <Prose>{script.briefing}</Prose>
          </Section>
          <Section title="Runbook">
            <Prose>{script.runbook}</Prose>
          </Section>
        </div>
        <aside className={styles['readingSide']}>
          <ScheduleForm script={script} />
        </aside>
      </div>
    </Page>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section className={styles['section']}>
      <Title order={2}>{title}</Title>
      {children}
    </section>
  );
}

function EventRow({ inject }: { readonly inject: InjectView }) {
  const { label } = CHANNELS[inject.channel];
  return (
    <details className={styles['event']}>
      <summary>
        <span className={styles['when']}>
          {inject.contingency === null ? formatScenario(inject.dueMs ?? 0) : `if ${inject.contingency.unanswered} is not answered`}
        </span>
        <span className={styles['what']}>
          {inject.number}. {inject.subject}
        </span>
        <span className={styles['quiet']}>
          {inject.kind === 'fault' ? 'Fault' : label}, to {recipientsText(inject.to)}
        </span>
      </summary>
      <Prose>{inject.text}</Prose>
      {inject.expected !== null && (
        <p className={styles['expected']}>
          <strong>Expected within {Math.round(inject.expected.withinMs / 60_000)} min:</strong> {inject.expected.response}
        </p>
      )}
      {inject.notes !== '' && <p className={styles['notes']}>{inject.notes}</p>}
    </details>
  );
}
