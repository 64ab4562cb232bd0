import type { ArtefactView } from '../../../server/contract/artefacts.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import styles from './artefacts.module.css';
import { SCORE_LABELS } from './score-labels.ts';

/** What a person said of it, with the name and the time. */
export function ArtefactRating({ artefact }: { readonly artefact: ArtefactView }) {
  const { rating, rubric } = artefact;
  if (rating === null) return null;
  return (
    <section className={styles['rating']} aria-label="Rating" data-testid="artefact-rating" data-accepted={rating.accepted}>
      <p className={styles['ratingHead']}>
        <StatusTag tone={rating.accepted ? 'pass' : 'warn'}>{rating.accepted ? 'Accepted' : 'Returned'}</StatusTag>{' '}
        <span className={styles['quiet']}>
          version {rating.version}, by {rating.by.name}, <Instant at={rating.at} />
        </span>
      </p>
      <dl className={styles['scores']}>
        {rubric.map(({ id, title }) => {
          const score = rating.scores[id] ?? 0;
          return (
            <div key={id}>
              <dt>{title}</dt>
              <dd>
                {score} of 3, {SCORE_LABELS[score]?.toLowerCase()}
              </dd>
            </div>
          );
        })}
      </dl>
      {rating.comment !== '' && <p className={styles['comment']}>{rating.comment}</p>}
    </section>
  );
}
