import { Button, Checkbox, Group, Stack } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Cohort } from '../../../server/contract/people.ts';
import { fetchCohortManagers, saveCohortManagers } from '../api/insight-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import styles from './insight.module.css';

/** Which managers may look into the evidence of a cohort's people. For administrators. */
export function openCohortManagers(cohort: Cohort): void {
  const modalId = modals.open({
    title: `Managers of ${cohort.name}`,
    children: (
      <ManagersForm
        cohort={cohort}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

interface Props {
  readonly cohort: Cohort;
  readonly onDone: () => void;
}

function ManagersForm({ cohort, onDone }: Props) {
  const client = useQueryClient();
  const managers = useQuery({ queryKey: ['cohort-managers'], queryFn: ({ signal }) => fetchCohortManagers(signal) });
  const [changed, setChanged] = useState<readonly string[] | null>(null);
  const named = managers.data?.cohorts.find(({ id }) => id === cohort.id)?.managers.map(({ id }) => id) ?? [];
  const chosen = changed ?? named;
  const save = useAct((ids: readonly string[]) => saveCohortManagers(cohort.id, ids), {
    onDone: (view) => {
      client.setQueryData(['cohort-managers'], view);
      void client.invalidateQueries({ queryKey: ['insight'] });
      onDone();
      return undefined;
    },
  });
  if (managers.isError) return <ErrorNotice error={managers.error} onRetry={() => void managers.refetch()} />;
  if (managers.data === undefined) return <Waiting what="the managers" rows={3} rowHeight={28} />;
  if (managers.data.candidates.length === 0)
    return <EmptyState title="There are no managers">Give somebody the role manager first, on the page People.</EmptyState>;
  return (
    <Stack gap="sm">
      <p className={styles['quiet']}>They see whose attempts are behind the numbers of this cohort. Each look is in the audit log.</p>
      <Checkbox.Group
        value={[...chosen]}
        onChange={(ids) => {
          setChanged(ids);
        }}
        aria-label="Managers"
      >
        <Stack gap="xs">
          {managers.data.candidates.map(({ id, name }) => (
            <Checkbox key={id} value={id} label={name} />
          ))}
        </Stack>
      </Checkbox.Group>
      {save.isError && <ErrorNotice error={save.error} />}
      <Group justify="flex-end" gap="sm">
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
    </Stack>
  );
}
