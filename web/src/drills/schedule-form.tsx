import { Button, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { useNavigate } from 'react-router';
import type { DrillPerson, DrillRole, ScriptView } from '../../../server/contract/drills.ts';
import { fetchDrillPeople, scheduleDrill } from '../api/drills-api.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { addSeat, mayTake, membersOf, planSeats, type Seat } from './cast.ts';
import styles from './drills.module.css';
import { readStartTime } from './start-time.ts';

const MORE_OF: readonly DrillRole[] = ['expert', 'evaluator', 'observer', 'controller'];

/** Who plays what, how, and when. What does not fit is said by the server, by name. */
export function ScheduleForm({ script }: { readonly script: ScriptView }) {
  const people = useQuery({ queryKey: ['drill-people'], queryFn: ({ signal }) => fetchDrillPeople(signal) });
  if (people.isError) return <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />;
  if (people.data === undefined) return <Waiting what="the people" />;
  return <Form script={script} people={people.data} />;
}

function Form({ script, people }: { readonly script: ScriptView; readonly people: readonly DrillPerson[] }) {
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [seats, setSeats] = useState(() => planSeats(script, me.id));
  const [mode, setMode] = useState<'tabletop' | 'live-fire'>('tabletop');
  const [startsAt, setStartsAt] = useState('');
  const start = readStartTime(startsAt, Intl.DateTimeFormat().resolvedOptions().timeZone);
  const schedule = useAct(scheduleDrill, {
    onDone: ({ id }) => {
      void client.invalidateQueries({ queryKey: ['drills'] });
      void navigate(`/drills/${id}`);
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const when = start === undefined ? {} : { startsAt: start.instant };
    schedule.mutate({ script: script.slug, mode, members: membersOf(seats), ...when });
  };
  return (
    <form onSubmit={submit} noValidate className={styles['form']} aria-label="Schedule a drill">
      <h2 className={styles['formTitle']}>Schedule it</h2>
      {script.lab !== null && (
        <SegmentedControl
          aria-label="How it is played"
          fullWidth
          value={mode}
          onChange={(value) => {
            setMode(value);
          }}
          data={[
            { value: 'tabletop', label: 'Tabletop' },
            { value: 'live-fire', label: 'Live fire' },
          ]}
        />
      )}
      <TextInput
        type="datetime-local"
        label="When"
        description={start?.words ?? 'In your time. Empty: now.'}
        value={startsAt}
        onChange={(event) => {
          setStartsAt(event.currentTarget.value);
        }}
      />
      {seats.map((seat) => (
        <SeatSelect
          key={seat.key}
          seat={seat}
          seats={seats}
          people={people}
          onChange={(personId) => {
            setSeats(seats.map((other) => (other.key === seat.key ? { ...other, personId } : other)));
          }}
        />
      ))}
      <NativeSelect
        aria-label="Add another role"
        value=""
        onChange={(event) => {
          const role = MORE_OF.find((known) => known === event.currentTarget.value);
          if (role !== undefined) setSeats(addSeat(seats, role));
        }}
        data={[{ value: '', label: 'Add another…' }, ...MORE_OF.map((role) => ({ value: role, label: ROLE_LABELS[role] }))]}
      />
      {schedule.isError && <ErrorNotice error={schedule.error} />}
      <Button type="submit" loading={schedule.isPending}>
        Schedule
      </Button>
    </form>
  );
}

interface SeatProps {
  readonly seat: Seat;
  readonly seats: readonly Seat[];
  readonly people: readonly DrillPerson[];
  readonly onChange: (personId: string) => void;
}

/** People who sit elsewhere stay in the list, so that two can be swapped; the server refuses what overlaps. */
function SeatSelect({ seat, seats, people, onChange }: SeatProps) {
  const elsewhere = (id: string): Seat | undefined => seats.find((other) => other.personId === id && other.key !== seat.key);
  return (
    <NativeSelect
      label={ROLE_LABELS[seat.role]}
      withAsterisk={seat.needed}
      value={seat.personId}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
      data={[
        { value: '', label: 'Nobody' },
        ...people
          .filter((person) => mayTake(person, seat.role))
          .map(({ id, name }) => {
            const other = elsewhere(id);
            return { value: id, label: other === undefined ? name : `${name} (${ROLE_LABELS[other.role].toLowerCase()})` };
          }),
      ]}
    />
  );
}
