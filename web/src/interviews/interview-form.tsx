import { Button, Checkbox, Group, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { aiPolicySchema } from '../../../server/contract/ai-policy.ts';
import { createInterviewSchema, MAX_INTERVIEW_DAYS, MAX_RETAIN_DAYS } from '../../../server/contract/interviews.ts';
import type { LabView } from '../../../server/contract/labs.ts';
import { fetchCatalogue } from '../api/attempts-api.ts';
import { createInterview } from '../api/interviews-api.ts';
import { AI_WORDS } from '../lab/ai-words.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import styles from './interviews.module.css';
import { showInterviewLink } from './use-interview-actions.tsx';

const FORM = 'new-interview';

export function openInterviewForm(): void {
  modals.open({ modalId: FORM, title: 'New interview', size: 'lg', children: <InterviewForm /> });
}

function InterviewForm() {
  const catalogue = useQuery({ queryKey: ['labs'], queryFn: ({ signal }) => fetchCatalogue(signal) });
  if (catalogue.isError) return <ErrorNotice error={catalogue.error} onRetry={() => void catalogue.refetch()} />;
  if (catalogue.data === undefined) return <Waiting what="the labs" rows={4} />;
  return <Fields labs={catalogue.data.labs} />;
}

const DEFAULTS = {
  candidate: '',
  mode: 'incident',
  fault: '',
  aiPolicy: 'none',
  percent: 0,
  extraMinutes: 0,
  showsResult: false,
  expiresInDays: 7,
  retainDays: 90,
};

function Fields({ labs }: { readonly labs: readonly LabView[] }) {
  const client = useQueryClient();
  const [form, setForm] = useState({ ...DEFAULTS, lab: labs[0]?.slug ?? '', minutes: labs[0]?.incidentMinutes ?? 40 });
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const lab = labs.find(({ slug }) => slug === form.lab);
  const change = (changes: Partial<typeof form>): void => {
    setForm({ ...form, ...changes });
  };
  const create = useAct(createInterview, {
    onDone: (made) => {
      modals.close(FORM);
      void client.invalidateQueries({ queryKey: ['interviews'] });
      showInterviewLink(made);
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const { percent, extraMinutes, fault, ...rest } = form;
    const wanted = { ...rest, ...(fault === '' ? {} : { fault }), extraTime: { percent, minutes: extraMinutes } };
    const checked = createInterviewSchema.safeParse(wanted);
    setProblems(Object.fromEntries((checked.error?.issues ?? []).map((issue) => [issue.path.join('.'), issue.message])));
    if (checked.success) create.mutate(checked.data);
  };
  const chooseLab = (slug: string): void => {
    const chosen = labs.find((candidate) => candidate.slug === slug);
    change({ lab: slug, fault: '', minutes: (form.mode === 'guided' ? chosen?.minutes : chosen?.incidentMinutes) ?? form.minutes });
  };
  const number = (key: 'minutes' | 'percent' | 'extraMinutes' | 'expiresInDays' | 'retainDays', label: string, max: number, min = 0) => (
    <NumberInput
      label={label}
      value={form[key]}
      min={min}
      max={max}
      allowDecimal={false}
      error={problems[key]}
      onChange={(value) => {
        change({ [key]: Number(value) });
      }}
    />
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label="Candidate"
          description="Kept on the pages of interviews only; everywhere else an alias is shown."
          value={form.candidate}
          error={problems['candidate']}
          onChange={(event) => {
            change({ candidate: event.currentTarget.value });
          }}
          data-autofocus
        />
        <div className={styles['pairs']}>
          <NativeSelect
            label="Lab"
            value={form.lab}
            error={problems['lab']}
            data={labs.map(({ slug, title }) => ({ value: slug, label: title }))}
            onChange={(event) => {
              chooseLab(event.currentTarget.value);
            }}
          />
          <NativeSelect
            label="Exercise"
            value={form.mode}
            data={[
              { value: 'incident', label: 'Mock incident' },
              { value: 'guided', label: 'Guided, then an incident' },
            ]}
            onChange={(event) => {
              const mode = event.currentTarget.value;
              change({ mode, minutes: (mode === 'guided' ? lab?.minutes : lab?.incidentMinutes) ?? form.minutes });
            }}
          />
          <NativeSelect
            label="Fault"
            value={form.fault}
            data={[
              { value: '', label: 'Chosen by the seed' },
              ...(lab?.faults ?? []).map(({ id, title }) => ({ value: id, label: title })),
            ]}
            onChange={(event) => {
              change({ fault: event.currentTarget.value });
            }}
          />
          <NativeSelect
            label="AI assistants"
            value={form.aiPolicy}
            data={aiPolicySchema.options.map((value) => ({ value, label: AI_WORDS[value].label }))}
            onChange={(event) => {
              change({ aiPolicy: event.currentTarget.value });
            }}
          />
        </div>
        <p className={styles['note']}>
          Give all whom you want to compare the same fault. About AI the candidate will read:{' '}
          {AI_WORDS[aiPolicySchema.parse(form.aiPolicy)].rule}
        </p>
        <div className={styles['grid']}>
          {number('minutes', form.mode === 'guided' ? 'Minutes to build' : 'Minutes', 240, 5)}
          {number('percent', 'Extra time, percent', 300)}
          {number('extraMinutes', 'Extra time, minutes', 240)}
          {number('expiresInDays', 'Days to begin', MAX_INTERVIEW_DAYS, 1)}
          {number('retainDays', 'Days kept afterwards', MAX_RETAIN_DAYS, 1)}
        </div>
        {form.mode === 'guided' && lab !== undefined && (
          <p className={styles['quiet']}>The incident afterwards has the lab&apos;s own {lab.incidentMinutes} minutes.</p>
        )}
        <Checkbox
          label="The candidate sees the verdict at the end"
          checked={form.showsResult}
          onChange={(event) => {
            change({ showsResult: event.currentTarget.checked });
          }}
        />
        {create.isError && <ErrorNotice error={create.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>
            Make the link
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
