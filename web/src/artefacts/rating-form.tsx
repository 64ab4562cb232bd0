import { Button, Checkbox, Radio, Textarea } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { ArtefactView } from '../../../server/contract/artefacts.ts';
import { rateArtefact } from '../api/artefacts-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './artefacts.module.css';
import { SCORE_LABELS } from './score-labels.ts';
import { useAdoptArtefact } from './use-drafts.ts';

/** A person's judgement, 0 to 3 an item. The name, the time and the version read are kept with it. */
export function RatingForm({ attemptId, artefact, version }: { attemptId: string; artefact: ArtefactView; version: number }) {
  const adopt = useAdoptArtefact(attemptId);
  const [scores, setScores] = useState<Readonly<Record<string, number>>>({});
  const [comment, setComment] = useState('');
  const [accepted, setAccepted] = useState(false);
  const rate = useAct(() => rateArtefact(attemptId, artefact.id, { version, scores, comment, accepted }), {
    onDone: (answer) => {
      adopt(answer);
      return 'Your rating is on record.';
    },
  });
  const isWhole = artefact.rubric.every(({ id }) => scores[id] !== undefined);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isWhole) rate.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className={styles['ratingForm']} aria-label={`Rate the ${artefact.title.toLowerCase()}`}>
      {artefact.rubric.map(({ id, title }) => (
        <Radio.Group
          key={id}
          label={title}
          value={scores[id] === undefined ? '' : String(scores[id])}
          onChange={(value) => {
            setScores({ ...scores, [id]: Number(value) });
          }}
        >
          <div className={styles['choices']}>
            {SCORE_LABELS.map((label, score) => (
              <Radio key={label} size="xs" value={String(score)} label={`${score} ${label}`} />
            ))}
          </div>
        </Radio.Group>
      ))}
      <Textarea
        label="What would make it better"
        autosize
        minRows={3}
        maxLength={4000}
        value={comment}
        onChange={(event) => {
          setComment(event.currentTarget.value);
        }}
      />
      <Checkbox
        label="Accept it; it is then closed and counts"
        checked={accepted}
        onChange={(event) => {
          setAccepted(event.currentTarget.checked);
        }}
      />
      {rate.isError && <ErrorNotice error={rate.error} />}
      <div>
        <Button type="submit" loading={rate.isPending} disabled={!isWhole}>
          {accepted ? 'Accept' : 'Return with comments'}
        </Button>
      </div>
    </form>
  );
}
