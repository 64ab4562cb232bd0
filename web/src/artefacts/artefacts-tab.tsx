import { SegmentedControl } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Artefacts } from '../../../server/contract/artefacts.ts';
import { ArtefactEditor } from './artefact-editor.tsx';
import { ArtefactRating } from './artefact-rating.tsx';
import { ArtefactReader } from './artefact-reader.tsx';
import styles from './artefacts.module.css';
import { useDrafts } from './use-drafts.ts';

/** What is to be written in this attempt, one at a time; also on a page of its own once the attempt is over. */
export function ArtefactsTab({ attemptId, data }: { readonly attemptId: string; readonly data: Artefacts }) {
  const draftOf = useDrafts(attemptId);
  const [chosen, setChosen] = useState<string | null>(null);
  const artefact = data.artefacts.find(({ id }) => id === chosen) ?? data.artefacts[0];
  useEffect(() => {
    for (const newest of data.artefacts) draftOf(newest).refresh(newest);
  }, [data.artefacts, draftOf]);
  if (artefact === undefined) return null;
  return (
    <div className={styles['tab']}>
      {data.artefacts.length > 1 && (
        <SegmentedControl
          size="xs"
          mb="sm"
          aria-label="Which artefact"
          value={artefact.id}
          onChange={setChosen}
          data={data.artefacts.map(({ id, title }) => ({ value: id, label: title }))}
        />
      )}
      {data.artefacts.length === 1 && <h2 className={styles['name']}>{artefact.title}</h2>}
      {artefact.mayWrite ? (
        <ArtefactEditor key={artefact.id} attemptId={attemptId} artefact={artefact} record={data.record} draft={draftOf(artefact)} />
      ) : (
        <article className={styles['artefact']} aria-label={artefact.title}>
          <ArtefactRating artefact={artefact} />
          <ArtefactReader fields={artefact.fields} content={artefact.content} />
        </article>
      )}
    </div>
  );
}
