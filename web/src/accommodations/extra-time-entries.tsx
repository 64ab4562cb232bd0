import type { ExtraTimeEntry } from '../../../server/contract/extra-time.ts';
import { Instant } from '../parts/instant.tsx';
import styles from './accommodations.module.css';
import { extraTimeWords } from './extra-time-words.ts';

/** What was given when, by whom and why; the newest first. */
export function ExtraTimeEntries({ entries }: { readonly entries: readonly ExtraTimeEntry[] }) {
  return (
    <ul className={styles['entries']}>
      {entries.map((entry) => (
        <li key={`${entry.at} ${entry.reason}`}>
          <Instant at={entry.at} style="day" />: {extraTimeWords(entry)}
          {entry.attemptId !== null && ', once, for one attempt'}, by {entry.by.name}. {entry.reason}
        </li>
      ))}
    </ul>
  );
}
