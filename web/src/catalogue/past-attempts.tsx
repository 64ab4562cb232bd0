import { Title } from '@mantine/core';
import { Link } from 'react-router';
import type { AttemptState, AttemptSummary } from '../../../server/contract/attempts.ts';
import table from '../parts/data-table.module.css';
import { Instant } from '../parts/instant.tsx';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import styles from './catalogue.module.css';

const STATES: Record<AttemptState, { readonly tone: Tone; readonly label: string }> = {
  requested: { tone: 'busy', label: 'Being set up' },
  provisioning: { tone: 'busy', label: 'Being set up' },
  ready: { tone: 'accent', label: 'Running' },
  incident: { tone: 'accent', label: 'Incident running' },
  grading: { tone: 'busy', label: 'Being graded' },
  passed: { tone: 'pass', label: 'Passed' },
  failed: { tone: 'fail', label: 'Not passed' },
  expired: { tone: 'warn', label: 'Ran out of time' },
  abandoned: { tone: 'quiet', label: 'Ended early' },
  broken: { tone: 'unsure', label: 'Platform failed' },
};

export function AttemptStateTag({ state }: { readonly state: AttemptState }) {
  const { tone, label } = STATES[state];
  return <StatusTag tone={tone}>{label}</StatusTag>;
}

export function PastAttempts({ attempts }: { readonly attempts: readonly AttemptSummary[] }) {
  if (attempts.length === 0) return null;
  return (
    <section className={styles['past']} aria-labelledby="past-attempts">
      <Title order={2} id="past-attempts" mb="sm">
        Your attempts
      </Title>
      <div className={table['frame']}>
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Lab</th>
              <th scope="col">Mode</th>
              <th scope="col">Outcome</th>
              <th scope="col" className={table['number']}>
                Score
              </th>
              <th scope="col">Started</th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt) => (
              <tr key={attempt.id}>
                <td data-label="Lab">
                  <Link to={attempt.endedAt === null ? `/attempts/${attempt.id}` : `/attempts/${attempt.id}/result`}>
                    {attempt.lab.title}
                  </Link>
                </td>
                <td data-label="Mode">
                  {attempt.mode === 'guided' ? 'Guided' : 'Incident'}
                  {attempt.team.length > 0 && `, team of ${attempt.team.length}`}
                </td>
                <td data-label="Outcome">
                  <AttemptStateTag state={attempt.state} />
                </td>
                <td data-label="Score" className={table['number']}>
                  {attempt.score ?? '–'}
                </td>
                <td data-label="Started" className={table['quiet']}>
                  <Instant at={attempt.createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
