import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fetchExtraTime } from '../api/accommodations-api.ts';
import { useMe } from '../session/me.ts';
import styles from './accommodations.module.css';
import { ExtraTimeEntries } from './extra-time-entries.tsx';
import { extraTimeWords } from './extra-time-words.ts';

/** On the page of one's account; nothing for those who never had any. */
export function OwnExtraTime() {
  const me = useMe();
  const own = useQuery({ queryKey: ['extra-time', me.id], queryFn: ({ signal }) => fetchExtraTime(me.id, signal) });
  if (own.data === undefined || own.data.entries.length === 0) return null;
  return (
    <section className={styles['own']} aria-labelledby="extra-time">
      <Title order={2} id="extra-time" mb="sm">
        Your extra time
      </Title>
      <p>{extraTimeWords(own.data)}. Only you, instructors and managers see this.</p>
      <ExtraTimeEntries entries={own.data.entries} />
    </section>
  );
}
