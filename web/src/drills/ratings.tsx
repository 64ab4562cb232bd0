import { Button, Group, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import { communicationItems, objectiveRatingSchema, type DrillView, type ObjectiveRating } from '../../../server/contract/drills.ts';
import { useMe } from '../session/me.ts';
import { COMMUNICATION_LABELS, RATINGS } from './drill-words.ts';
import styles from './drills.module.css';
import type { Moves } from './use-drill.ts';

interface ObjectiveProps {
  readonly drill: DrillView;
  readonly objective: string;
  readonly title: string;
  readonly moves: Moves;
}

/** One evaluator's rating of one objective; their last word holds. */
export function ObjectiveRatings({ drill, objective, title, moves }: ObjectiveProps) {
  const me = useMe();
  const mine = drill.exercise?.objectives.find(({ id }) => id === objective)?.ratings.find(({ by }) => by.id === me.id);
  const [rating, setRating] = useState<ObjectiveRating>(mine?.rating ?? 'performed');
  const [comment, setComment] = useState(mine?.comment ?? '');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    moves.make({ move: 'rate-objective', objective, rating, comment });
  };
  return (
    <form onSubmit={submit} className={styles['inlineForm']} aria-label={`Rate: ${title}`}>
      <NativeSelect
        aria-label={`Rating: ${title}`}
        size="xs"
        value={rating}
        onChange={(event) => setRating(objectiveRatingSchema.parse(event.currentTarget.value))}
        data={objectiveRatingSchema.options.map((value) => ({ value, label: RATINGS[value].label }))}
      />
      <TextInput
        aria-label={`Why: ${title}`}
        placeholder="What you saw"
        size="xs"
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        {mine === undefined ? 'Rate' : 'Rate again'}
      </Button>
    </form>
  );
}

/** 0 not there, 1 weak, 2 good, 3 a model for others. */
export function CommunicationRating({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const me = useMe();
  const mine = drill.exercise?.communication.find(({ by }) => by.id === me.id);
  const [scores, setScores] = useState(mine?.scores ?? { clarity: 2, audience: 2, rationale: 2, blamelessness: 2 });
  return (
    <form
      className={styles['form']}
      aria-label="Rate the communication"
      onSubmit={(event) => {
        event.preventDefault();
        moves.make({ move: 'rate-communication', scores });
      }}
    >
      {communicationItems.map((item) => (
        <Group key={item} justify="space-between" gap="xs">
          <span>{COMMUNICATION_LABELS[item]}</span>
          <SegmentedControl
            size="xs"
            aria-label={`${COMMUNICATION_LABELS[item]}, 0 to 3`}
            value={String(scores[item])}
            onChange={(value) => {
              setScores({ ...scores, [item]: Number(value) });
            }}
            data={['0', '1', '2', '3']}
          />
        </Group>
      ))}
      <Button type="submit" size="xs" variant="default">
        {mine === undefined ? 'Rate' : 'Rate again'}
      </Button>
    </form>
  );
}
