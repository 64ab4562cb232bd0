import { Button, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { DrillView, InboxItem } from '../../../server/contract/drills.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Instant } from '../parts/instant.tsx';
import { useMe } from '../session/me.ts';
import { CHANNELS } from './drill-words.ts';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import { Prose } from './prose.tsx';
import type { Moves } from './use-drill.ts';

/** What reaches this role: alerts, tickets, mails, and the angry word of somebody important. The newest first. */
export function Inbox({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  return (
    <Panel title="For you">
      {drill.inbox.length === 0 && (
        <EmptyState title="Nothing has reached you">Alerts, tickets and mails for your role appear here as they come.</EmptyState>
      )}
      <ol className={styles['inbox']} aria-label="Messages for your role, the newest first">
        {drill.inbox.toReversed().map((item) => (
          <li key={item.number}>
            <Item item={item} moves={moves} plays={drill.me.rights.includes('play')} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Item({ item, moves, plays }: { readonly item: InboxItem; readonly moves: Moves; readonly plays: boolean }) {
  const me = useMe();
  const { Icon, label } = CHANNELS[item.channel];
  const seen = item.acknowledgedBy.some(({ id }) => id === me.id);
  return (
    <article className={styles['item']} data-channel={item.channel} data-testid="inbox-item">
      <p className={styles['itemHead']}>
        <Icon size={16} aria-hidden />
        <span>
          <strong>{label}</strong> from {item.from}
        </span>
        <Instant at={item.at} style="time" />
      </p>
      <h3 className={styles['injectTitle']}>{item.subject}</h3>
      <Prose>{item.text}</Prose>
      {item.acknowledgedBy.length > 0 && (
        <p className={styles['quiet']}>Taken by {item.acknowledgedBy.map(({ name }) => name).join(', ')}</p>
      )}
      {plays && (
        <div className={styles['injectActions']}>
          {!seen && (
            <Button
              size="compact-xs"
              onClick={() => moves.make({ move: 'acknowledge', inject: item.number })}
              aria-label={`Take it: ${item.subject}`}
            >
              Take it
            </Button>
          )}
          <AnswerForm item={item} moves={moves} />
        </div>
      )}
    </article>
  );
}

/** What was done about it, in a sentence; it goes into the team's log. */
function AnswerForm({ item, moves }: { readonly item: InboxItem; readonly moves: Moves }) {
  const [text, setText] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    moves.make({ move: 'act', text, inject: item.number }, () => {
      setText('');
    });
  };
  return (
    <form onSubmit={submit} className={styles['answerForm']} aria-label={`Answer: ${item.subject}`}>
      <TextInput
        aria-label={`What you answer or do: ${item.subject}`}
        placeholder="What you answer or do"
        size="xs"
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        Answer
      </Button>
    </form>
  );
}
