import { Button, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { createCohortSchema, type Cohort } from '../../../server/contract/people.ts';
import { createCohort, fetchCohorts } from '../api/people-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { mayInstruct } from '../session/permissions.ts';
import styles from './admin.module.css';
import { openMembersForm } from './members-form.tsx';

export function CohortsPage() {
  const me = useMe();
  const cohorts = useQuery({ queryKey: ['cohorts'], queryFn: ({ signal }) => fetchCohorts(signal) });
  const mayEdit = mayInstruct(me.role);
  return (
    <Page title="Cohorts" lead="People who learn together. Grades can be looked at by cohort.">
      {mayEdit && <NewCohort />}
      {cohorts.isError && <ErrorNotice error={cohorts.error} onRetry={() => void cohorts.refetch()} />}
      {cohorts.data === undefined && !cohorts.isError && <Waiting what="the cohorts" />}
      {cohorts.data?.length === 0 && (
        <EmptyState title="No cohorts yet">
          {mayEdit ? 'Name the first one above, then put people into it.' : 'An instructor or administrator makes them.'}
        </EmptyState>
      )}
      <ul className={styles['cohorts']}>
        {cohorts.data?.map((cohort) => (
          <li key={cohort.id}>
            <CohortCard
              cohort={cohort}
              onEdit={
                me.role === 'admin'
                  ? () => {
                      openMembersForm(cohort);
                    }
                  : null
              }
            />
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** Members are chosen from the list of people, which only administrators may see. */
function CohortCard({ cohort, onEdit }: { readonly cohort: Cohort; readonly onEdit: (() => void) | null }) {
  return (
    <article className={styles['cohort']} aria-label={cohort.name}>
      <header className={styles['cohortHead']}>
        <Title order={2}>{cohort.name}</Title>
        <span className={styles['quiet']}>{countOf(cohort.members.length, 'member')}</span>
        {onEdit !== null && (
          <Button size="compact-sm" variant="default" onClick={onEdit} aria-label={`Choose the members of ${cohort.name}`}>
            Choose members
          </Button>
        )}
      </header>
      <p className={styles['members']}>{cohort.members.length === 0 ? 'Nobody yet.' : cohort.members.map(({ name }) => name).join(', ')}</p>
    </article>
  );
}

function NewCohort() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const create = useAct(createCohort, {
    onDone: (cohort) => {
      setName('');
      void client.invalidateQueries({ queryKey: ['cohorts'] });
      return `${cohort.name} is there.`;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = createCohortSchema.safeParse({ name });
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) create.mutate(checked.data.name);
  };
  return (
    <form className={styles['newCohort']} onSubmit={submit} noValidate>
      <TextInput
        label="New cohort"
        placeholder="Platform team, autumn"
        value={name}
        error={problem}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <Button type="submit" loading={create.isPending}>
        Create
      </Button>
    </form>
  );
}
