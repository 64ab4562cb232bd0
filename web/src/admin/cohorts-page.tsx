import { Button, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Link } from 'react-router';
import { createCohortSchema, type Cohort } from '../../../server/contract/people.ts';
import { openAiRules } from '../accommodations/ai-rules-form.tsx';
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
import { openCohortManagers } from '../insight/cohort-managers.tsx';
import { openMembersForm } from './members-form.tsx';

export function CohortsPage() {
  const me = useMe();
  const cohorts = useQuery({ queryKey: ['cohorts'], queryFn: ({ signal }) => fetchCohorts(signal) });
  const mayEdit = mayInstruct(me.role);
  return (
    <Page
      title="Cohorts"
      lead="People who learn together. Each has a page with everybody’s track, mentors and progress."
      actions={
        <Button component={Link} to="/extra-time" variant="default">
          Extra time
        </Button>
      }
    >
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
        <Title order={2}>
          <Link to={`/cohorts/${cohort.id}`}>{cohort.name}</Link>
        </Title>
        <span className={styles['quiet']}>{countOf(cohort.members.length, 'member')}</span>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`AI assistants in ${cohort.name}`}
          onClick={() => {
            openAiRules(cohort);
          }}
        >
          AI assistants
        </Button>
        {onEdit !== null && (
          <Button size="compact-sm" variant="default" onClick={onEdit} aria-label={`Choose the members of ${cohort.name}`}>
            Choose members
          </Button>
        )}
        {onEdit !== null && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Choose the managers of ${cohort.name}`}
            onClick={() => {
              openCohortManagers(cohort);
            }}
          >
            Choose managers
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
