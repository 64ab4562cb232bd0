import { Button, Title, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { TRACK_LABELS } from '../../../server/contract/program.ts';
import { fetchProgrammes } from '../api/program-api.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { openPlanForm } from './plan-form.tsx';
import styles from './program.module.css';

export function PlansSection() {
  const programmes = useQuery({ queryKey: ['programmes'], queryFn: ({ signal }) => fetchProgrammes(signal) });
  return (
    <section className={styles['section']} aria-labelledby="plans">
      <Title order={2} id="plans">
        Who trains, and for what
      </Title>
      {programmes.isError && <ErrorNotice error={programmes.error} onRetry={() => void programmes.refetch()} />}
      {programmes.data === undefined && !programmes.isError && <Waiting what="the programmes" rows={2} />}
      {programmes.data?.length === 0 && <EmptyState title="No cohorts yet">An instructor makes them on the page Cohorts.</EmptyState>}
      {programmes.data !== undefined && programmes.data.length > 0 && (
        <div className={table['frame']}>
          <table className={table['table']}>
            <thead>
              <tr>
                <th scope="col">Cohort</th>
                <th scope="col">Started</th>
                <th scope="col">Track</th>
                <th scope="col">Team</th>
                <th scope="col">Labs</th>
                <th scope="col">
                  <VisuallyHidden>Actions</VisuallyHidden>
                </th>
              </tr>
            </thead>
            <tbody>
              {programmes.data.map((programme) => (
                <tr key={programme.cohort.id}>
                  <td data-label="Cohort">
                    <span>
                      {programme.cohort.name} <span className={table['quiet']}>{countOf(programme.cohort.members, 'member')}</span>
                    </span>
                  </td>
                  <td data-label="Started">
                    {programme.startsAt === null ? 'not planned' : <Instant at={programme.startsAt} style="day" />}
                  </td>
                  <td data-label="Track">{programme.track === null ? '–' : TRACK_LABELS[programme.track]}</td>
                  <td data-label="Team">{programme.team ?? '–'}</td>
                  <td data-label="Labs">
                    {programme.curriculum.length === 0 ? '–' : programme.curriculum.map(({ lab }) => lab).join(', ')}
                  </td>
                  <td>
                    <div className={table['actions']}>
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={`Plan ${programme.cohort.name}`}
                        onClick={() => {
                          openPlanForm(programme);
                        }}
                      >
                        Plan
                      </Button>
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
