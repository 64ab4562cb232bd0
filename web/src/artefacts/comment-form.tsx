import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { ArtefactContentView, ArtefactView } from '../../../server/contract/artefacts.ts';
import { startThread } from '../api/artefacts-api.ts';
import { SayForm } from '../parts/conversation.tsx';
import styles from './artefacts.module.css';
import { placeOptions } from './place-words.ts';
import { useAdoptReviews } from './use-reviews.ts';

interface Props {
  readonly attemptId: string;
  readonly artefact: ArtefactView;
  readonly version: number;
  /** Of that version. */
  readonly content: ArtefactContentView;
}

/** A comment on the whole of a version, a field or a line of it. */
export function CommentForm({ attemptId, artefact, version, content }: Props) {
  const adopt = useAdoptReviews(attemptId, artefact.id);
  const [chosen, setChosen] = useState('');
  const options = placeOptions(artefact.fields, content);
  const place = options.find(({ value }) => value === chosen)?.place ?? null;
  return (
    <section className={styles['ratingForm']} aria-label="Comment on it">
      <NativeSelect
        size="xs"
        label="Comment on"
        value={chosen}
        onChange={(event) => {
          setChosen(event.currentTarget.value);
        }}
        data={options.map(({ value, label }) => ({ value, label }))}
      />
      <SayForm
        label="Comment"
        button="Comment"
        maxLength={2000}
        say={(text) => startThread(attemptId, artefact.id, { version, place, text })}
        onSaid={adopt}
      />
    </section>
  );
}
