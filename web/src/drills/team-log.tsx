import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { DrillView } from '../../../server/contract/drills.ts';
import type { MoveInput } from '../api/drills-api.ts';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import { formatScenario } from './scenario-time.ts';
import type { Moves } from './use-drill.ts';

const KINDS = {
  act: 'We do',
  suppose: 'We suppose',
  incident: 'Declare the incident',
  mitigated: 'Declare it mitigated',
  verified: 'Declare it verified',
} as const;
type Kind = keyof typeof KINDS;

/** What the team does, supposes and declares, said once so that all know it: the record that the postmortem is made from. */
export function TeamLog({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  return (
    <Panel title="What we know and do">
      <LogForm moves={moves} />
      <ol className={styles['timeline']} aria-label="Team log, the newest first" tabIndex={0}>
        {drill.log.toReversed().map((entry) => (
          <li key={entry.seq} className={styles['entry']} data-kind={entry.kind} data-undone={entry.undone}>
            <span className={styles['when']}>{formatScenario(entry.atMs)}</span>
            <div className={styles['entryWords']}>
              <p>
                {entry.by === null ? '' : <strong>{entry.by.name}: </strong>}
                {entry.words}
              </p>
              {entry.detail !== '' && <p className={styles['quiet']}>{entry.detail}</p>}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function LogForm({ moves }: { readonly moves: Moves }) {
  const [kind, setKind] = useState<Kind>('act');
  const [text, setText] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    moves.make(toMove(kind, text), () => {
      setText('');
      setKind('act');
    });
  };
  return (
    <form onSubmit={submit} className={styles['inlineForm']} aria-label="Write into the team log">
      <NativeSelect
        aria-label="What kind of entry"
        size="xs"
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value as Kind)}
        data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
      />
      <TextInput
        aria-label="Entry"
        placeholder="In one sentence"
        size="xs"
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        Write
      </Button>
    </form>
  );
}

function toMove(kind: Kind, text: string): MoveInput {
  if (kind === 'act') return { move: 'act', text };
  if (kind === 'suppose') return { move: 'suppose', text };
  return { move: 'declare', what: kind, text };
}
