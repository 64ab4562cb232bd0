import { Button, Checkbox, Textarea } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { TimelineEntry } from '../../../server/contract/drills.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { formatInstant } from '../parts/format.ts';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import { formatScenario } from './scenario-time.ts';
import type { Moves } from './use-drill.ts';

/** What is drawn at once; the report has all of it. */
const MAX_DRAWN = 300;

/** Everything on one line of time, the newest first. `moves` for those who judge: they note, and confirm what turned out to be right. */
export function Timeline({ entries, moves }: { readonly entries: readonly TimelineEntry[]; readonly moves: Moves | null }) {
  const [all, setAll] = useState(false);
  const confirmed = entries.some(({ kind }) => kind === 'confirmed');
  const shown = entries.filter(({ kind }) => all || (kind !== 'service' && kind !== 'came' && kind !== 'went')).slice(-MAX_DRAWN);
  return (
    <Panel
      title="Timeline"
      actions={
        <Checkbox size="xs" label="Probes, comings and goings" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
      }
    >
      {moves !== null && <NoteForm moves={moves} />}
      {shown.length === 0 && <EmptyState title="Nothing yet">What happens is listed here as it happens.</EmptyState>}
      <ol className={styles['timeline']} aria-label="Timeline, the newest first" tabIndex={0}>
        {shown.toReversed().map((entry) => (
          <li key={entry.seq} className={styles['entry']} data-kind={entry.kind} data-undone={entry.undone}>
            <time className={styles['when']} dateTime={entry.at} title={whenTitle(entry.at)}>
              {formatScenario(entry.atMs)}
            </time>
            <div className={styles['entryWords']}>
              <p>
                {entry.by === null ? '' : <strong>{entry.by.name}: </strong>}
                {entry.words}
                {entry.undone ? <span className={styles['quiet']}> (taken back)</span> : ''}
              </p>
              {entry.detail !== '' && <p className={styles['quiet']}>{entry.detail}</p>}
              {moves !== null && entry.kind === 'supposed' && !confirmed && !entry.undone && (
                <Button size="compact-xs" variant="default" onClick={() => moves.make({ move: 'confirm', entry: entry.seq })}>
                  That is it
                </Button>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function whenTitle(at: string): string {
  const { local, utc } = formatInstant(at, 'time');
  return `${local} · ${utc}`;
}

/** Only the exercise's side reads it. */
function NoteForm({ moves }: { readonly moves: Moves }) {
  const [text, setText] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    moves.make({ move: 'note', text }, () => {
      setText('');
    });
  };
  return (
    <form onSubmit={submit} className={styles['inlineForm']} aria-label="Note something">
      <Textarea
        aria-label="Note"
        placeholder="A note for the hot wash; players never see it"
        autosize={false}
        rows={1}
        size="xs"
        maxLength={2000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        Note
      </Button>
    </form>
  );
}
