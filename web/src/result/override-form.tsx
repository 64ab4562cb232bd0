import { Button, Group, SegmentedControl, Text, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { overrideSchema } from '../../../server/contract/attempts.ts';
import { overrideResult } from '../api/attempts-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';

export function openOverrideForm(attemptId: string, personName: string): void {
  const modalId = modals.open({
    title: `Override the outcome of ${personName}`,
    children: (
      <OverrideForm
        attemptId={attemptId}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

/** A person's judgement over the grader's. The grader's own verdict and its evidence stay on record beside it. */
function OverrideForm({ attemptId, onDone }: { readonly attemptId: string; readonly onDone: () => void }) {
  const client = useQueryClient();
  const [outcome, setOutcome] = useState<'passed' | 'failed'>('passed');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const override = useAct((answer: { outcome: 'passed' | 'failed'; reason: string }) => overrideResult(attemptId, answer), {
    onDone: (result) => {
      client.setQueryData(['result', attemptId], result);
      void client.invalidateQueries({ queryKey: ['grades'] });
      onDone();
      return 'The outcome is overridden.';
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = overrideSchema.safeParse({ outcome, reason });
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) override.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Text size="sm" mb="sm">
        The grader&apos;s verdict stays on record. Your name and your reason are shown beside it, to the person too.
      </Text>
      <SegmentedControl
        fullWidth
        mb="sm"
        aria-label="Outcome"
        value={outcome}
        onChange={setOutcome}
        data={[
          { value: 'passed', label: 'Passed' },
          { value: 'failed', label: 'Not passed' },
        ]}
      />
      <Textarea
        label="Reason"
        description="At least 10 characters."
        rows={4}
        value={reason}
        error={problem}
        onChange={(event) => {
          setReason(event.currentTarget.value);
        }}
        data-autofocus
      />
      {override.isError && <ErrorNotice error={override.error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={override.isPending}>
          Override
        </Button>
      </Group>
    </form>
  );
}
