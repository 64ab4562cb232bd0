import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Cohort } from '../../../server/contract/people.ts';
import { fetchPeople, setCohortMembers } from '../api/people-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import styles from './admin.module.css';

export function openMembersForm(cohort: Cohort): void {
  const modalId = modals.open({
    title: `Members of ${cohort.name}`,
    children: (
      <MembersForm
        cohort={cohort}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function MembersForm({ cohort, onDone }: { readonly cohort: Cohort; readonly onDone: () => void }) {
  const client = useQueryClient();
  const people = useQuery({ queryKey: ['people'], queryFn: ({ signal }) => fetchPeople(signal) });
  const [chosen, setChosen] = useState(() => cohort.members.map(({ id }) => id));
  const [filter, setFilter] = useState('');
  const save = useAct((ids: readonly string[]) => setCohortMembers(cohort.id, ids), {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['cohorts'] });
      void client.invalidateQueries({ queryKey: ['people'] });
      onDone();
      return undefined;
    },
  });
  if (people.isError) return <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />;
  if (people.data === undefined) return <Waiting what="the people" rows={4} rowHeight={28} />;
  const wanted = filter.trim().toLocaleLowerCase();
  const shown = people.data.filter(({ name, email }) => `${name} ${email}`.toLocaleLowerCase().includes(wanted));
  return (
    <Stack gap="sm">
      <TextInput
        aria-label="Find somebody"
        placeholder="Find somebody"
        value={filter}
        onChange={(event) => {
          setFilter(event.currentTarget.value);
        }}
        data-autofocus
      />
      <div className={styles['choices']}>
        <Checkbox.Group value={chosen} onChange={setChosen} aria-label="Members">
          <Stack gap="xs">
            {shown.map((person) => (
              <Checkbox key={person.id} value={person.id} label={`${person.name} · ${person.email}`} />
            ))}
          </Stack>
        </Checkbox.Group>
      </div>
      {save.isError && <ErrorNotice error={save.error} />}
      <Group justify="space-between">
        <span className={styles['quiet']}>{countOf(chosen.length, 'member')}</span>
        <Group gap="sm">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button
            loading={save.isPending}
            onClick={() => {
              save.mutate(chosen);
            }}
          >
            Save
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}
