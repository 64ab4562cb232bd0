import { Button, Group, NativeSelect, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { trackSchema, type Track } from '../../../server/contract/labs.ts';
import { TRACK_LABELS } from '../../../server/contract/program.ts';
import { overruleSchema, type PlacedPerson } from '../../../server/contract/readiness.ts';
import type { PersonRef } from '../../../server/contract/roles.ts';
import { fetchPlacedPeople, overruleTrack } from '../api/training-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import { PlacementCard } from '../readiness/placement-card.tsx';
import styles from './training.module.css';

/** What the check says of somebody, and the means to say otherwise. */
export function openTrackForm(person: PersonRef): void {
  const modalId = modals.open({
    title: `Track of ${person.name}`,
    size: 'lg',
    children: (
      <TrackForm
        person={person}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function TrackForm({ person, onDone }: { readonly person: PersonRef; readonly onDone: () => void }) {
  const placed = useQuery({ queryKey: ['readiness', 'people'], queryFn: ({ signal }) => fetchPlacedPeople(signal) });
  if (placed.isError) return <ErrorNotice error={placed.error} onRetry={() => void placed.refetch()} />;
  if (placed.data === undefined) return <Waiting what="the track" rows={2} />;
  const found = placed.data.people.find((one) => one.person.id === person.id);
  return <Overrule person={person} found={found} questions={placed.data.questions} onDone={onDone} />;
}

interface OverruleProps {
  readonly person: PersonRef;
  readonly found: PlacedPerson | undefined;
  readonly questions: number;
  readonly onDone: () => void;
}

function Overrule({ person, found, questions, onDone }: OverruleProps) {
  const client = useQueryClient();
  const current = found?.current ?? null;
  const [track, setTrack] = useState<Track>(current?.track ?? 'administrator');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const place = useAct((said: { track: Track; reason: string }) => overruleTrack(person.id, said), {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['curriculum'] });
      void client.invalidateQueries({ queryKey: ['readiness'] });
      onDone();
      return `${person.name} is on the track ${TRACK_LABELS[track]}.`;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = overruleSchema.safeParse({ track, reason });
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) place.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate className={styles['form']}>
      {current === null ? (
        <p className={styles['quiet']}>
          Not placed yet: {found?.answered ?? 0} of {questions} questions of the readiness check are answered.
        </p>
      ) : (
        <PlacementCard placement={current} />
      )}
      <NativeSelect
        label="Put on the track"
        value={track}
        onChange={(event) => {
          setTrack(trackSchema.parse(event.currentTarget.value));
        }}
        data={trackSchema.options.map((value) => ({ value, label: TRACK_LABELS[value] }))}
      />
      <Textarea
        label="Why"
        description={`${person.name} reads it. It holds until somebody says otherwise, whatever a later check says.`}
        autosize
        minRows={2}
        maxLength={1000}
        value={reason}
        error={problem}
        onChange={(event) => {
          setReason(event.currentTarget.value);
        }}
      />
      {place.isError && <ErrorNotice error={place.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={place.isPending}>
          Put on this track
        </Button>
      </Group>
    </form>
  );
}
