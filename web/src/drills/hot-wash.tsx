import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { DrillReview, DrillView } from '../../../server/contract/drills.ts';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import type { Moves } from './use-drill.ts';

type About = DrillReview['hotWash'][number]['about'];
const ABOUT: Record<About, string> = { well: 'Went well', 'not-well': 'Did not go well', action: 'To be done' };

interface Props {
  readonly drill: DrillView;
  readonly entries: DrillReview['hotWash'];
  readonly questions: readonly string[];
  readonly moves: Moves;
}

/** Said right after the end, while everybody still knows; it goes into the postmortem and the report. */
export function HotWash({ drill, entries, questions, moves }: Props) {
  const mayWrite = drill.me.rights.some((right) => right === 'play' || right === 'run' || right === 'evaluate');
  return (
    <Panel title="Hot wash">
      {questions.length > 0 && (
        <ul className={styles['questions']}>
          {questions.map((question) => (
            <li key={question}>{question}</li>
          ))}
        </ul>
      )}
      {(['well', 'not-well', 'action'] as const).map((about) => {
        const said = entries.filter((entry) => entry.about === about);
        if (said.length === 0) return null;
        return (
          <div key={about}>
            <h3 className={styles['injectTitle']}>{ABOUT[about]}</h3>
            <ul className={styles['plain']} data-testid={`hot-wash-${about}`}>
              {said.map(({ seq, text, owner }) => (
                <li key={seq}>
                  {text}
                  {owner === '' ? '' : ` (${owner})`}
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {mayWrite && <HotWashForm moves={moves} />}
    </Panel>
  );
}

function HotWashForm({ moves }: { readonly moves: Moves }) {
  const [about, setAbout] = useState<About>('well');
  const [text, setText] = useState('');
  const [owner, setOwner] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    moves.make({ move: 'hot-wash', about, text, owner: about === 'action' ? owner : '' }, () => {
      setText('');
      setOwner('');
    });
  };
  return (
    <form onSubmit={submit} className={styles['form']} aria-label="Add to the hot wash">
      <NativeSelect
        aria-label="About"
        size="xs"
        value={about}
        onChange={(event) => setAbout(event.currentTarget.value as About)}
        data={Object.entries(ABOUT).map(([value, label]) => ({ value, label }))}
      />
      <TextInput
        aria-label="In one sentence"
        placeholder="In one sentence, about what and not about whom"
        size="xs"
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {about === 'action' && (
        <TextInput
          aria-label="Owner"
          placeholder="Owner: a role or a team"
          size="xs"
          maxLength={80}
          value={owner}
          onChange={(event) => setOwner(event.currentTarget.value)}
        />
      )}
      <Button type="submit" size="xs" variant="default">
        Add
      </Button>
    </form>
  );
}
