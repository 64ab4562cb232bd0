import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Grade } from '../../../server/contract/attempts.ts';
import { fetchGrades, gradesCsvPath } from '../api/attempts-api.ts';
import { fetchCohorts } from '../api/people-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf, formatDuration } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { OUTCOMES } from '../result/result-words.ts';
import { ALL_GRADES, filterGrades, labsOf, summariseGrades, type GradeFilter } from './grade-filter.ts';
import { GradeTable } from './grade-table.tsx';
import styles from './grades.module.css';

export function GradesPage() {
  const [cohortId, setCohortId] = useState('');
  const [filter, setFilter] = useState(ALL_GRADES);
  const cohort = cohortId === '' ? null : cohortId;
  const grades = useQuery({
    queryKey: ['grades', cohort],
    queryFn: ({ signal }) => fetchGrades(cohort, signal),
    placeholderData: keepPreviousData,
  });
  const shown = filterGrades(grades.data ?? [], filter);
  return (
    <Page
      title="Grades"
      width="wide"
      lead={grades.data === undefined ? undefined : <Summary grades={shown} />}
      actions={
        <Button component="a" href={gradesCsvPath(cohort)} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          Download as CSV
        </Button>
      }
    >
      <Filters cohortId={cohortId} onCohort={setCohortId} filter={filter} onFilter={setFilter} grades={grades.data ?? []} />
      {grades.isError && <ErrorNotice error={grades.error} onRetry={() => void grades.refetch()} />}
      {grades.data === undefined && !grades.isError && <Waiting what="the grades" rows={6} rowHeight={40} />}
      {grades.data !== undefined && shown.length === 0 && (
        <NoGrades
          any={grades.data.length > 0}
          onClear={() => {
            setFilter(ALL_GRADES);
          }}
        />
      )}
      {shown.length > 0 && <GradeTable grades={shown} />}
    </Page>
  );
}

function Summary({ grades }: { readonly grades: readonly Grade[] }) {
  const { attempts, people, passedPercent, medianRestoredMs } = summariseGrades(grades);
  const parts = [`${countOf(attempts, 'attempt')} by ${countOf(people, 'person', 'people')}`];
  if (passedPercent !== null) parts.push(`${passedPercent}% of those judged passed`);
  if (medianRestoredMs !== null) parts.push(`half restored service within ${formatDuration(medianRestoredMs)}`);
  return <>{parts.join('; ')}.</>;
}

function NoGrades({ any, onClear }: { readonly any: boolean; readonly onClear: () => void }) {
  return any ? (
    <EmptyState
      title="Nothing matches"
      action={
        <Button variant="default" size="xs" onClick={onClear}>
          Clear the filters
        </Button>
      }
    >
      There are grades, but none with all of these.
    </EmptyState>
  ) : (
    <EmptyState title="No attempt has ended yet">Each appears here with its evidence as soon as it does.</EmptyState>
  );
}

interface FilterProps {
  readonly cohortId: string;
  readonly onCohort: (id: string) => void;
  readonly filter: GradeFilter;
  readonly onFilter: (filter: GradeFilter) => void;
  readonly grades: readonly Grade[];
}

function Filters({ cohortId, onCohort, filter, onFilter, grades }: FilterProps) {
  const cohorts = useQuery({ queryKey: ['cohorts'], queryFn: ({ signal }) => fetchCohorts(signal) });
  return (
    <search className={styles['filters']}>
      <NativeSelect
        size="xs"
        label="Cohort"
        value={cohortId}
        onChange={(event) => {
          onCohort(event.currentTarget.value);
        }}
        data={[{ value: '', label: 'Everybody' }, ...(cohorts.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
      />
      <NativeSelect
        size="xs"
        label="Lab"
        value={filter.lab}
        onChange={(event) => {
          onFilter({ ...filter, lab: event.currentTarget.value });
        }}
        data={[{ value: '', label: 'Every lab' }, ...labsOf(grades).map(({ slug, title }) => ({ value: slug, label: title }))]}
      />
      <NativeSelect
        size="xs"
        label="Outcome"
        value={filter.outcome}
        onChange={(event) => {
          onFilter({ ...filter, outcome: event.currentTarget.value as GradeFilter['outcome'] });
        }}
        data={[{ value: '', label: 'Every outcome' }, ...Object.entries(OUTCOMES).map(([value, { label }]) => ({ value, label }))]}
      />
      <TextInput
        size="xs"
        label="Person"
        placeholder="Part of a name"
        value={filter.person}
        onChange={(event) => {
          onFilter({ ...filter, person: event.currentTarget.value });
        }}
      />
    </search>
  );
}
