import { Button, Group, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type SubmitEvent } from 'react';
import { sendMessageSchema, type AttemptSummary } from '../../../server/contract/attempts.ts';
import { sendMessage } from '../api/attempts-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { useAct } from '../parts/use-act.ts';

/** @param attempt whose person is written to; null for everybody at work */
export function openMessageForm(attempt: Pick<AttemptSummary, 'id' | 'person'> | null): void {
  const modalId = modals.open({
    title: attempt === null ? 'Message to everybody at work' : `Message to ${attempt.person.name}`,
    children: (
      <MessageForm
        attemptId={attempt?.id ?? null}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function MessageForm({ attemptId, onDone }: { readonly attemptId: string | null; readonly onDone: () => void }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const send = useAct(sendMessage, {
    onDone: (delivered) => {
      onDone();
      return delivered === 0
        ? 'Nobody has the page open at the moment, so nobody has seen it.'
        : `${countOf(delivered, 'person has', 'people have')} it on their screen.`;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = sendMessageSchema.safeParse({ text, ...(attemptId === null ? {} : { attemptId }) });
    setProblem(checked.success ? undefined : 'Write something, up to 1,000 characters.');
    if (checked.success) send.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Textarea
        label="Message"
        description="It stays on the screen until it is put away."
        rows={4}
        value={text}
        error={problem}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
        data-autofocus
      />
      {send.isError && <ErrorNotice error={send.error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={send.isPending}>
          Send
        </Button>
      </Group>
    </form>
  );
}
