import type { StatusUpdateView } from '../../../server/contract/incidents.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Instant } from '../parts/instant.tsx';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import styles from './incident.module.css';
import { AUDIENCE_LABELS, KIND_LABELS } from './role-words.ts';

const TONES: Record<StatusUpdateView['kind'], Tone> = { 'first-notice': 'warn', scope: 'warn', update: 'accent', resolved: 'pass' };

/** What was told to others, the newest first, as those who were told would read it. */
export function StatusList({ updates }: { readonly updates: readonly StatusUpdateView[] }) {
  if (updates.length === 0) {
    return (
      <EmptyState title="Nobody was told anything yet">
        The first notice is due within five minutes: that somebody knows, what does not work, and when the next word comes.
      </EmptyState>
    );
  }
  return (
    <ol className={styles['updates']} aria-label="Status updates, the newest first">
      {updates.toReversed().map((update) => (
        <li key={update.seq} className={styles['update']} data-testid="status-update" data-kind={update.kind}>
          <p className={styles['updateHead']}>
            <StatusTag tone={TONES[update.kind]}>{KIND_LABELS[update.kind]}</StatusTag>
            <span>
              {update.seq}. to {AUDIENCE_LABELS[update.audience].toLowerCase()}, {update.by.name}, <Instant at={update.at} style="time" />
            </span>
          </p>
          {update.corrects !== null && <p className={styles['quiet']}>Corrects update {update.corrects}.</p>}
          <p className={styles['told']}>{update.text}</p>
          <dl className={styles['named']}>
            {update.impact !== '' && <Named label="Impact">{update.impact}</Named>}
            {update.scope !== '' && <Named label="Affected">{update.scope}</Named>}
            {update.nextAt !== null && (
              <Named label="Next word">
                <Instant at={update.nextAt} style="time" />
              </Named>
            )}
          </dl>
        </li>
      ))}
    </ol>
  );
}

function Named({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
