import { Button, Group, NativeSelect } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { MentorPair } from '../../../server/contract/mentoring.ts';
import type { PersonRef } from '../../../server/contract/roles.ts';
import { fetchDrillPeople } from '../api/drills-api.ts';
import { assignMentor, endMentoring, fetchPairs } from '../api/training-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import styles from './training.module.css';

/** Who mentors somebody: anybody with an account can. */
export function openMentorForm(person: PersonRef): void {
  modals.open({ title: `Mentors of ${person.name}`, children: <MentorForm person={person} /> });
}

function MentorForm({ person }: { readonly person: PersonRef }) {
  const pairs = useQuery({ queryKey: ['mentoring', 'pairs'], queryFn: ({ signal }) => fetchPairs(signal) });
  const people = useQuery({ queryKey: ['drill-people'], queryFn: ({ signal }) => fetchDrillPeople(signal) });
  if (pairs.isError) return <ErrorNotice error={pairs.error} onRetry={() => void pairs.refetch()} />;
  if (people.isError) return <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />;
  if (pairs.data === undefined || people.data === undefined) return <Waiting what="the mentors" rows={2} />;
  const present = pairs.data.filter(({ trainee, endedAt }) => trainee.id === person.id && endedAt === null);
  const taken = new Set([person.id, ...present.map(({ mentor }) => mentor.id)]);
  return <Chosen person={person} present={present} others={people.data.filter(({ id }) => !taken.has(id))} />;
}

interface ChosenProps {
  readonly person: PersonRef;
  readonly present: readonly MentorPair[];
  readonly others: readonly PersonRef[];
}

function Chosen({ person, present, others }: ChosenProps) {
  const client = useQueryClient();
  const [mentorId, setMentorId] = useState('');
  const refresh = (): void => {
    void client.invalidateQueries({ queryKey: ['mentoring'] });
    void client.invalidateQueries({ queryKey: ['curriculum'] });
  };
  const assign = useAct(assignMentor, {
    onDone: ({ mentor }) => {
      setMentorId('');
      refresh();
      return `${mentor.name} mentors ${person.name}.`;
    },
  });
  const end = useAct((pair: MentorPair) => endMentoring(pair.id), {
    onDone: (_, pair) => {
      refresh();
      return `${pair.mentor.name} does not mentor ${person.name} any more; their notes stay.`;
    },
  });
  return (
    <div className={styles['form']}>
      {present.length === 0 && (
        <p className={styles['quiet']}>Nobody yet. A mentor sees the progress and the artefacts of {person.name}.</p>
      )}
      {present.map((pair) => (
        <div key={pair.id} className={styles['row']}>
          {pair.mentor.name}
          <Button
            size="compact-xs"
            variant="default"
            loading={end.isPending}
            aria-label={`End the mentoring by ${pair.mentor.name}`}
            onClick={() => {
              end.mutate(pair);
            }}
          >
            End
          </Button>
        </div>
      ))}
      <Group align="flex-end" wrap="nowrap">
        <NativeSelect
          label="Add a mentor"
          style={{ flex: 1 }}
          value={mentorId}
          onChange={(event) => {
            setMentorId(event.currentTarget.value);
          }}
          data={[{ value: '', label: 'Choose somebody …' }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
        />
        <Button
          loading={assign.isPending}
          disabled={mentorId === ''}
          onClick={() => {
            assign.mutate({ mentorId, traineeId: person.id });
          }}
        >
          Add
        </Button>
      </Group>
    </div>
  );
}
