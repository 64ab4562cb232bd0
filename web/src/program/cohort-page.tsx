import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { CohortCurriculum, CohortCurriculumRow, CurriculumItem } from '../../../server/contract/curriculum.ts';
import { TRACK_LABELS } from '../../../server/contract/program.ts';
import { fetchCohortCurriculum } from '../api/training-api.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { mayInstruct } from '../session/permissions.ts';
import { progressWords, STATE_WORDS } from './curriculum-words.ts';
import { openMentorForm } from './mentor-form.tsx';
import { openTrackForm } from './track-form.tsx';
import styles from './training.module.css';

/** Everybody of a cohort beside each other: track, mentors, what is due and done. */
export function CohortPage() {
  const { cohortId = '' } = useParams();
  const key = ['curriculum', 'cohort', cohortId];
  const cohort = useQuery({ queryKey: key, queryFn: ({ signal }) => fetchCohortCurriculum(cohortId, signal) });
  if (cohort.data === undefined)
    return (
      <Page title="Cohort" width="wide">
        {cohort.isError ? (
          <ErrorNotice error={cohort.error} onRetry={() => void cohort.refetch()} />
        ) : (
          <Waiting what="the cohort" rows={4} />
        )}
      </Page>
    );
  return <CohortOf data={cohort.data} />;
}

function CohortOf({ data }: { readonly data: CohortCurriculum }) {
  const { cohort, day, people } = data;
  return (
    <Page
      title={cohort.name}
      width="wide"
      lead={leadOf(day)}
      actions={
        <Button component={Link} to="/cohorts" variant="default">
          All cohorts
        </Button>
      }
    >
      {people.length === 0 ? (
        <EmptyState title="Nobody is in it yet">An administrator chooses the members on the page of the cohorts.</EmptyState>
      ) : (
        <PeopleTable data={data} />
      )}
    </Page>
  );
}

function leadOf(day: number | null): string {
  if (day === null)
    return 'No programme is planned yet: a manager does that on the page Programme. Tracks and mentors can be chosen already.';
  return day < 0 ? 'Its programme has not begun.' : `Day ${Math.min(day, 90)} of 90.`;
}

function PeopleTable({ data: { columns, people } }: { readonly data: CohortCurriculum }) {
  return (
    <div className={table['frame']} tabIndex={0} role="group" aria-label="Progress by person" style={{ overflowX: 'auto' }}>
      <table className={`${table['table'] ?? ''} ${styles['sticky'] ?? ''}`}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Track</th>
            <th scope="col">Mentors</th>
            {columns.map(({ id, title, dueDay }) => (
              <th key={id} scope="col">
                {title}, day {dueDay}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((row) => (
            <PersonRow key={row.person.id} row={row} columns={columns} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PersonRow({ row, columns }: { readonly row: CohortCurriculumRow; readonly columns: CohortCurriculum['columns'] }) {
  const me = useMe();
  const { person, track, trackFrom, mentors, items } = row;
  return (
    <tr data-testid="cohort-person">
      <td data-label="Person">
        <span>
          <Link to={`/training/people/${person.id}`}>{person.name}</Link>
          {items.length > 0 && <span className={styles['quiet']}> {progressWords(items)}</span>}
        </span>
      </td>
      <td data-label="Track">
        <span className={styles['buttons']}>
          {track === null ? 'None' : TRACK_LABELS[track]}
          {trackFrom === 'cohort' && ' (the cohort’s)'}
          {person.id !== me.id && (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Track of ${person.name}`}
              onClick={() => {
                openTrackForm(person);
              }}
            >
              Change
            </Button>
          )}
        </span>
      </td>
      <td data-label="Mentors">
        <span className={styles['buttons']}>
          {mentors.length === 0 ? 'None' : mentors.map(({ name }) => name).join(', ')}
          {mayInstruct(me.role) && (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Mentors of ${person.name}`}
              onClick={() => {
                openMentorForm(person);
              }}
            >
              Choose
            </Button>
          )}
        </span>
      </td>
      {columns.map(({ id, title }) => (
        <td key={id} data-label={title}>
          <Cell item={items.find((item) => item.id === id)} />
        </td>
      ))}
    </tr>
  );
}

function Cell({ item }: { readonly item: CurriculumItem | undefined }) {
  if (item === undefined) return <span className={table['quiet']}>not asked</span>;
  const { label, tone } = STATE_WORDS[item.state];
  const toReview = item.artefacts.filter(({ state }) => state === 'handed-in').length;
  return (
    <span className={styles['states']}>
      <StatusTag tone={tone}>{item.outcome === 'failed' ? `${label}, failed` : label}</StatusTag>
      {toReview > 0 && item.attemptId !== null && <Link to={`/attempts/${item.attemptId}/artefacts`}>{toReview} to review</Link>}
    </span>
  );
}
