import { Button, Group, Text, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type SubmitEvent } from 'react';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';

interface ReasonRequest<Output> {
  readonly title: string;
  /** What will happen, and who will read the reason. */
  readonly text: string;
  readonly label: string;
  readonly confirm: string;
  readonly atLeast: number;
  readonly danger?: boolean;
  readonly act: (reason: string) => Promise<Output>;
  /** What to say when it is done. */
  readonly onDone: (output: Output) => string;
}

/** Asks for a reason before something that others will read. */
export function openReasonForm<Output>(request: ReasonRequest<Output>): void {
  const modalId = modals.open({
    title: request.title,
    children: (
      <ReasonForm
        {...request}
        onClose={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function ReasonForm<Output>({
  text,
  label,
  confirm,
  atLeast,
  danger = false,
  act,
  onDone,
  onClose,
}: ReasonRequest<Output> & { readonly onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const send = useAct(act, {
    onDone: (output) => {
      onClose();
      return onDone(output);
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const isShort = reason.trim().length < atLeast;
    setProblem(isShort ? `At least ${atLeast} characters.` : undefined);
    if (!isShort) send.mutate(reason.trim());
  };
  return (
    <form onSubmit={submit} noValidate>
      <Text size="sm" mb="sm">
        {text}
      </Text>
      <Textarea
        label={label}
        description={`At least ${atLeast} characters.`}
        rows={4}
        value={reason}
        error={problem}
        onChange={(event) => {
          setReason(event.currentTarget.value);
        }}
        data-autofocus
      />
      {send.isError && <ErrorNotice error={send.error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={send.isPending} {...(danger ? { color: 'red' } : {})}>
          {confirm}
        </Button>
      </Group>
    </form>
  );
}
