import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import type { DrillView } from '../../../server/contract/drills.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Instant } from '../parts/instant.tsx';
import { useMe } from '../session/me.ts';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import type { Moves } from './use-drill.ts';

/** Words to everybody, to the exercise's side, or to one person alone. */
export function Chat({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const list = useRef<HTMLOListElement>(null);
  const count = drill.messages.length;
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [count]);
  return (
    <Panel title="Chat">
      {count === 0 ? (
        <EmptyState title="Nothing was said yet">The team talks here, or aloud; what is written stays in the record.</EmptyState>
      ) : (
        <ol className={styles['messages']} ref={list} aria-label="Messages" tabIndex={0}>
          {drill.messages.map((message) => (
            <li key={message.seq} className={styles['message']} data-private={message.to !== 'everyone'} data-testid="message">
              <p className={styles['quiet']}>
                <strong>{message.by.name}</strong> {toText(message.to)} <Instant at={message.at} style="time" />
              </p>
              <p>{message.text}</p>
            </li>
          ))}
        </ol>
      )}
      {drill.me.rights.includes('chat') && drill.state !== 'ended' && <ChatForm drill={drill} moves={moves} />}
    </Panel>
  );
}

function toText(to: DrillView['messages'][number]['to']): string {
  if (to === 'everyone') return '';
  return to === 'exercise' ? 'to those who run it,' : `to ${to.name} alone,`;
}

function ChatForm({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const me = useMe();
  const [to, setTo] = useState('everyone');
  const [text, setText] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    moves.make({ move: 'say', to, text }, () => {
      setText('');
    });
  };
  const others = drill.members.filter(({ person }) => person.id !== me.id);
  return (
    <form onSubmit={submit} className={styles['chatForm']} aria-label="Say something">
      <NativeSelect
        aria-label="To whom"
        size="xs"
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
        data={[
          { value: 'everyone', label: 'Everybody' },
          { value: 'exercise', label: 'Those who run it' },
          ...others.map(({ person, role }) => ({ value: person.id, label: `${person.name}, ${ROLE_LABELS[role].toLowerCase()}` })),
        ]}
      />
      <TextInput aria-label="Message" size="xs" maxLength={2000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <Button type="submit" size="xs">
        Send
      </Button>
      {to !== 'everyone' && to !== 'exercise' && <p className={styles['hint']}>Those who run the drill can read it, too.</p>}
    </form>
  );
}
