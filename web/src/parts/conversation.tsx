import { Button, Textarea } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { PersonRef } from '../../../server/contract/roles.ts';
import styles from './conversation.module.css';
import { Instant } from './instant.tsx';
import { useAct } from './use-act.ts';

interface Message {
  readonly key: string;
  readonly by: PersonRef;
  readonly at: string;
  readonly text: string;
}

/** What people wrote to each other, the oldest first. */
export function Conversation({ label, messages }: { readonly label: string; readonly messages: readonly Message[] }) {
  return (
    <ol className={styles['list']} aria-label={label}>
      {messages.map(({ key, by, at, text }) => (
        <li key={key} data-testid="said">
          <p className={styles['head']}>
            <strong>{by.name}</strong> <Instant at={at} />
          </p>
          <p className={styles['text']}>{text}</p>
        </li>
      ))}
    </ol>
  );
}

interface SayProps<Output> {
  readonly label: string;
  readonly button: string;
  readonly maxLength: number;
  readonly say: (text: string) => Promise<Output>;
  readonly onSaid: (output: Output) => void;
}

/** A box to write into; what was written stays in it until it has arrived. */
export function SayForm<Output>({ label, button, maxLength, say, onSaid }: SayProps<Output>) {
  const [text, setText] = useState('');
  const send = useAct(say, {
    onDone: (output) => {
      setText('');
      onSaid(output);
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') send.mutate(text.trim());
  };
  return (
    <form onSubmit={submit} className={styles['form']} aria-label={label}>
      <Textarea
        aria-label={label}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={maxLength}
        placeholder={`${label} …`}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
      />
      <Button type="submit" size="xs" variant="default" loading={send.isPending} disabled={text.trim() === ''}>
        {button}
      </Button>
    </form>
  );
}
