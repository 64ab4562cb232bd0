import { NativeSelect, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CohortSkills } from '../../../server/contract/insight.ts';
import { fetchCohortSkills } from '../api/insight-api.ts';
import { fetchCohorts } from '../api/people-api.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { dimensionLabel } from '../result/result-words.ts';
import styles from './insight.module.css';

const COLUMNS = [
  ['exceeds', 'Exceeds'],
  ['meets', 'Meets'],
  ['not yet', 'Not yet'],
  ['lapsed', 'To be shown again'],
  ['unseen', 'Not seen yet'],
] as const;

/** How many of a cohort stand where: a distribution, and never who. */
export function CohortSkillsSection() {
  const cohorts = useQuery({ queryKey: ['cohorts'], queryFn: ({ signal }) => fetchCohorts(signal) });
  const [chosen, setChosen] = useState('');
  const cohortId = chosen === '' ? cohorts.data?.[0]?.id : chosen;
  const skills = useQuery({
    queryKey: ['insight', 'cohort', cohortId],
    queryFn: ({ signal }) => fetchCohortSkills(cohortId ?? '', signal),
    enabled: cohortId !== undefined,
  });
  if (cohorts.data?.length === 0) return null;
  return (
    <section aria-labelledby="cohort-skills" className={styles['section']}>
      <Title order={2} id="cohort-skills">
        A cohort
      </Title>
      <p className={styles['quiet']}>How many stand where in each dimension. There is no ranking, and nobody is named.</p>
      <search className={styles['filters']}>
        <NativeSelect
          size="xs"
          label="Cohort"
          value={cohortId ?? ''}
          onChange={(event) => {
            setChosen(event.currentTarget.value);
          }}
          data={(cohorts.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        />
      </search>
      {skills.isError && <ErrorNotice error={skills.error} onRetry={() => void skills.refetch()} />}
      {skills.data === undefined && !skills.isError && <Waiting what="the cohort" rows={8} rowHeight={32} />}
      {skills.data !== undefined &&
        (skills.data.why === null ? (
          <Distribution skills={skills.data} />
        ) : (
          <EmptyState title="Too few to show">
            {skills.data.why} Choose another cohort, or wait until more of its labs are judged.
          </EmptyState>
        ))}
    </section>
  );
}

function Distribution({ skills: { cohort, dimensions } }: { readonly skills: CohortSkills }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Dimension</th>
            <th scope="col">Share</th>
            {COLUMNS.map(([key, label]) => (
              <th key={key} scope="col" className={table['number']}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dimensions.map((row) => (
            <tr key={row.dimension}>
              <td data-label="Dimension">{dimensionLabel(row.dimension)}</td>
              <td data-label="Share">
                <span className={styles['stack']} aria-hidden>
                  {COLUMNS.map(([key]) => (
                    <span key={key} data-part={key} style={{ width: `${(100 * row[key]) / Math.max(1, cohort.members)}%` }} />
                  ))}
                </span>
              </td>
              {COLUMNS.map(([key, label]) => (
                <td key={key} data-label={label} className={table['number']}>
                  {row[key]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
