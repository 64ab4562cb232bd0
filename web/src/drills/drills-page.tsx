import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { DrillSummary, ScriptSummary } from '../../../server/contract/drills.ts';
import { fetchDrills, fetchScripts } from '../api/drills-api.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { mayInstruct } from '../session/permissions.ts';
import { DRILL_STATES, MODE_LABELS } from './drill-words.ts';
import styles from './drills.module.css';
import { ScriptProblems } from './script-problems.tsx';

export function DrillsPage() {
  const runs = mayInstruct(useMe().role);
  return (
    <Page title="Drills" lead="Incidents played by a team with roles: talked through at a table, or with real faults in a sandbox.">
      <DrillList runs={runs} />
      {runs && <ScriptList />}
    </Page>
  );
}

function DrillList({ runs }: { readonly runs: boolean }) {
  const drills = useQuery({ queryKey: ['drills'], queryFn: ({ signal }) => fetchDrills(signal), refetchInterval: 15_000 });
  if (drills.isError) return <ErrorNotice error={drills.error} onRetry={() => void drills.refetch()} />;
  if (drills.data === undefined) return <Waiting what="the drills" />;
  if (drills.data.length === 0) {
    return (
      <EmptyState title="No drills yet">
        {runs ? 'Choose a script below, hand out the roles, and start.' : 'When an instructor gives you a role in one, it is listed here.'}
      </EmptyState>
    );
  }
  return (
    <ul className={styles['drills']} aria-label="Drills">
      {drills.data.map((drill) => (
        <li key={drill.id}>
          <DrillRow drill={drill} />
        </li>
      ))}
    </ul>
  );
}

function DrillRow({ drill }: { readonly drill: DrillSummary }) {
  const { tone, label } = DRILL_STATES[drill.state];
  return (
    <article className={styles['drill']}>
      <div className={styles['drillWords']}>
        <h2 className={styles['drillTitle']}>
          <Link to={`/drills/${drill.id}`}>{drill.title}</Link>
        </h2>
        <p className={styles['quiet']}>
          {MODE_LABELS[drill.mode]} · <Instant at={drill.startsAt} /> · {drill.members.map(({ person }) => person.name).join(', ')}
        </p>
      </div>
      {drill.role !== null && <span className={styles['role']}>{ROLE_LABELS[drill.role]}</span>}
      <StatusTag tone={tone}>{label}</StatusTag>
    </article>
  );
}

function ScriptList() {
  const scripts = useQuery({ queryKey: ['drill-scripts'], queryFn: ({ signal }) => fetchScripts(signal) });
  return (
    <section aria-labelledby="scripts-title" className={styles['scripts']}>
      <Title order={2} id="scripts-title">
        Scripts
      </Title>
      {scripts.isError && <ErrorNotice error={scripts.error} onRetry={() => void scripts.refetch()} />}
      {scripts.data === undefined && !scripts.isError && <Waiting what="the scripts" />}
      {scripts.data !== undefined && <ScriptProblems problems={scripts.data.problems} />}
      {scripts.data?.scripts.length === 0 && (
        <EmptyState title="No scripts">They are YAML files in scenarios/drills; AUTHORING.md there says how one is written.</EmptyState>
      )}
      <ul className={styles['grid']}>
        {scripts.data?.scripts.map((script) => (
          <li key={script.slug}>
            <ScriptCard script={script} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ScriptCard({ script }: { readonly script: ScriptSummary }) {
  return (
    <article className={styles['script']}>
      <h3 className={styles['scriptTitle']}>
        <Link to={`/drills/scripts/${script.slug}`}>{script.title}</Link>
      </h3>
      <p className={styles['summary']}>{script.summary}</p>
      <ul className={styles['facts']}>
        <li>{script.minutes} min</li>
        <li>{countOf(script.injects, 'inject')}</li>
        <li>{script.lab === null ? 'Talk only' : 'Tabletop or live fire'}</li>
      </ul>
    </article>
  );
}
