import { Button } from '@mantine/core';
import type { ArtefactView, ReviewThread } from '../../../server/contract/artefacts.ts';
import { answerThread, resolveThread } from '../api/artefacts-api.ts';
import { Conversation, SayForm } from '../parts/conversation.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './artefacts.module.css';
import { placeWords } from './place-words.ts';
import { useAdoptReviews, useReviews } from './use-reviews.ts';

interface Props {
  readonly attemptId: string;
  readonly artefact: ArtefactView;
}

/** What was said about versions of an artefact, those that are open first; and every decision before the last. */
export function ReviewThreads({ attemptId, artefact }: Props) {
  const reviews = useReviews(attemptId, artefact);
  if (reviews.isError) return <ErrorNotice error={reviews.error} onRetry={() => void reviews.refetch()} />;
  if (reviews.data === undefined) return null;
  const { threads, ratings, mayAnswer } = reviews.data;
  const earlier = ratings.slice(1);
  if (threads.length === 0 && earlier.length === 0) return null;
  const ordered = threads.toSorted((a, b) => Number(a.resolved !== null) - Number(b.resolved !== null));
  return (
    <section className={styles['threads']} aria-label="Comments">
      <h3 className={styles['label']}>Comments</h3>
      {ordered.map((thread) => (
        <Thread key={thread.id} attemptId={attemptId} artefact={artefact} thread={thread} mayAnswer={mayAnswer} />
      ))}
      {earlier.length > 0 && (
        <details>
          <summary>Earlier decisions</summary>
          <ul className={styles['earlier']}>
            {earlier.map(({ at, by, version, accepted, comment }) => (
              <li key={at}>
                Version {version} {accepted ? 'accepted' : 'returned'} by {by.name}, <Instant at={at} />
                {comment !== '' && <p className={styles['comment']}>{comment}</p>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Thread({ attemptId, artefact, thread, mayAnswer }: Props & { readonly thread: ReviewThread; readonly mayAnswer: boolean }) {
  const adopt = useAdoptReviews(attemptId, artefact.id);
  const { id, version, place, comments, resolved } = thread;
  const isResolved = resolved !== null;
  const resolve = useAct(() => resolveThread(attemptId, artefact.id, id, !isResolved), {
    onDone: (next) => {
      adopt(next);
      return undefined;
    },
  });
  return (
    <article className={styles['thread']} data-testid="review-thread" data-resolved={isResolved}>
      <header className={styles['fieldHead']}>
        <p className={styles['quiet']}>
          {placeWords(artefact.fields, place)}, version {version}
        </p>
        {isResolved && <StatusTag tone="pass">Done, says {resolved.by.name}</StatusTag>}
      </header>
      {place !== null && place.quote !== '' && <blockquote className={styles['quote']}>{place.quote}</blockquote>}
      <Conversation label="Comments" messages={comments.map(({ id: key, ...comment }) => ({ key, ...comment }))} />
      {mayAnswer && (
        <div className={styles['answering']}>
          {!isResolved && (
            <SayForm
              label="Answer"
              button="Answer"
              maxLength={2000}
              say={(text) => answerThread(attemptId, artefact.id, id, text)}
              onSaid={adopt}
            />
          )}
          <Button
            size="xs"
            variant="subtle"
            loading={resolve.isPending}
            onClick={() => {
              resolve.mutate(undefined);
            }}
          >
            {isResolved ? 'Open again' : 'Mark as done'}
          </Button>
        </div>
      )}
    </article>
  );
}
