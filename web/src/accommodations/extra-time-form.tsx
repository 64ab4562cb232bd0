import { Button, Group, NativeSelect, NumberInput, Stack, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { addExtraTimeSchema, setExtraTimeSchema, type ExtraTimeHistory, type SetExtraTime } from '../../../server/contract/extra-time.ts';
import { addExtraTime, setExtraTime } from '../api/accommodations-api.ts';
import { fetchCohorts } from '../api/people-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';

const FORM = 'extra-time';
const FACTORS = [
  { value: '0', label: 'None' },
  { value: '25', label: '1.25 times the time' },
  { value: '50', label: '1.5 times the time' },
  { value: '100', label: '2 times the time' },
];

/** @param history whose it is; null: somebody but the caller is chosen from the cohorts */
export function openExtraTimeForm(history: ExtraTimeHistory | null, meId: string): void {
  modals.open({
    modalId: FORM,
    title: history === null ? 'Extra time for somebody' : `Extra time of ${history.person.name}`,
    children: <PersonForm history={history} meId={meId} />,
  });
}

/** More time for one attempt, once. */
export function openAddTimeForm(attemptId: string, name: string): void {
  modals.open({ modalId: FORM, title: `More time for ${name}`, children: <AttemptForm attemptId={attemptId} /> });
}

function PersonForm({ history, meId }: { readonly history: ExtraTimeHistory | null; readonly meId: string }) {
  const client = useQueryClient();
  const cohorts = useQuery({ queryKey: ['cohorts'], queryFn: ({ signal }) => fetchCohorts(signal), enabled: history === null });
  // Nobody sets their own.
  const members = (cohorts.data ?? []).flatMap((cohort) => cohort.members).filter(({ id }) => id !== meId);
  const people = [...new Map(members.map((person) => [person.id, person])).values()].sort((a, b) => a.name.localeCompare(b.name));
  const [personId, setPersonId] = useState(history?.person.id ?? '');
  const [percent, setPercent] = useState(String(history?.percent ?? 25));
  const [minutes, setMinutes] = useState<number | string>(history?.minutes ?? 0);
  const set = useAct((wanted: SetExtraTime) => setExtraTime(personId, wanted), {
    onDone: (changed) => {
      modals.close(FORM);
      void client.invalidateQueries({ queryKey: ['extra-time'] });
      return `It holds from the next start of ${changed.person.name}.`;
    },
  });
  const known = FACTORS.some(({ value }) => value === percent) ? FACTORS : [...FACTORS, { value: percent, label: `${percent} % more` }];
  return (
    <ReasonForm
      error={set.error}
      busy={set.isPending}
      disabled={personId === ''}
      label="Save"
      onSubmit={(reason) => {
        const checked = setExtraTimeSchema.safeParse({ percent: Number(percent), minutes: Number(minutes), reason });
        if (checked.success) set.mutate(checked.data);
        return checked.error?.issues[0]?.message;
      }}
    >
      {history === null && (
        <NativeSelect
          label="Person"
          value={personId}
          data={[{ value: '', label: 'Choose somebody of a cohort' }, ...people.map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(event) => {
            setPersonId(event.currentTarget.value);
          }}
        />
      )}
      <NativeSelect
        label="Factor"
        value={percent}
        data={known}
        onChange={(event) => {
          setPercent(event.currentTarget.value);
        }}
      />
      <NumberInput label="And minutes" value={minutes} onChange={setMinutes} min={0} max={240} allowDecimal={false} />
    </ReasonForm>
  );
}

function AttemptForm({ attemptId }: { readonly attemptId: string }) {
  const [minutes, setMinutes] = useState<number | string>(10);
  const add = useAct((wanted: { minutes: number; reason: string }) => addExtraTime(attemptId, wanted), {
    onDone: () => {
      modals.close(FORM);
      return `${minutes} minutes more.`;
    },
  });
  return (
    <ReasonForm
      error={add.error}
      busy={add.isPending}
      disabled={false}
      label="Add the time"
      onSubmit={(reason) => {
        const checked = addExtraTimeSchema.safeParse({ minutes: Number(minutes), reason });
        if (checked.success) add.mutate(checked.data);
        return checked.error?.issues[0]?.message;
      }}
    >
      <NumberInput label="Minutes" value={minutes} onChange={setMinutes} min={1} max={240} allowDecimal={false} />
    </ReasonForm>
  );
}

interface ReasonFormProps {
  readonly children: ReactNode;
  readonly error: Error | null;
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly label: string;
  /** Answers what is wrong, if anything. */
  readonly onSubmit: (reason: string) => string | undefined;
}

function ReasonForm({ children, error, busy, disabled, label, onSubmit }: ReasonFormProps) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setProblem(onSubmit(reason));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {children}
        <Textarea
          label="Reason"
          description="Shown to the person, instructors and managers, and to nobody else."
          rows={2}
          value={reason}
          error={problem}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
        {error !== null && <ErrorNotice error={error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={disabled}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
