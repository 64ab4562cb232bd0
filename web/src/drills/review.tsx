import { Anchor, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DrillReview, DrillView } from '../../../server/contract/drills.ts';
import { fetchReview, reportPath } from '../api/drills-api.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { formatDuration } from '../parts/format.ts';
import { StatusIcon, StatusTag } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { COMMUNICATION_LABELS, RATINGS } from './drill-words.ts';
import styles from './drills.module.css';
import { HotWash } from './hot-wash.tsx';
import { Panel } from './panel.tsx';
import { Prose } from './prose.tsx';
import { CommunicationRating, ObjectiveRatings } from './ratings.tsx';
import { Timeline } from './timeline.tsx';
import type { Moves } from './use-drill.ts';

/** The end of a drill: what it showed, what people say of it, and what goes into the report. */
export function Review({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const review = useQuery({
    queryKey: ['drill-review', drill.id, drill.revision],
    queryFn: ({ signal }) => fetchReview(drill.id, signal),
    placeholderData: (before) => before,
  });
  if (review.data === undefined) {
    return (
      <div className={styles['console']}>
        {review.isError ? <ErrorNotice error={review.error} onRetry={() => void review.refetch()} /> : <Waiting what="the review" />}
      </div>
    );
  }
  return <ReviewParts drill={drill} review={review.data} moves={moves} />;
}

function ReviewParts({ drill, review, moves }: { readonly drill: DrillView; readonly review: DrillReview; readonly moves: Moves }) {
  const evaluates = drill.me.rights.includes('evaluate');
  return (
    <div className={styles['review']} data-testid="review">
      <div className={styles['column']}>
        <Panel title="Times" actions={<Downloads id={drill.id} />}>
          <Times times={review.times} />
        </Panel>
        <Panel title="Status updates">
          <p className={styles['quiet']}>
            {review.statusMet} of {review.status.length} rules kept
          </p>
          <ul className={styles['rules']}>
            {review.status.map(({ rule, met, words }) => (
              <li key={rule}>
                <StatusIcon tone={met ? 'pass' : 'fail'} size={16} />
                <span>
                  <VisuallyHidden>{met ? 'Kept: ' : 'Missed: '}</VisuallyHidden>
                  {words}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title="Answers">
          <p>
            {review.answers.came} of {review.answers.expected} expected answers came, {review.answers.inTime} of them in time.
          </p>
        </Panel>
      </div>
      <div className={styles['column']}>
        <Panel title="Objectives">
          <ul className={styles['rated']}>
            {review.objectives.map((objective) => (
              <li key={objective.id}>
                <p className={styles['ratedTitle']}>{objective.title}</p>
                {objective.rating === null ? (
                  <StatusTag tone="quiet">Not rated</StatusTag>
                ) : (
                  <StatusTag tone={RATINGS[objective.rating].tone}>{RATINGS[objective.rating].label}</StatusTag>
                )}
                {objective.comments.map((comment) => (
                  <p key={comment} className={styles['quiet']}>
                    {comment}
                  </p>
                ))}
                {evaluates && <ObjectiveRatings drill={drill} objective={objective.id} title={objective.title} moves={moves} />}
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title="Communication">
          <dl className={styles['scores']}>
            {review.communication.map(({ item, mean }) => (
              <div key={item}>
                <dt>{COMMUNICATION_LABELS[item]}</dt>
                <dd>{mean === null ? 'not rated' : `${mean} of 3`}</dd>
              </div>
            ))}
          </dl>
          {evaluates && <CommunicationRating drill={drill} moves={moves} />}
        </Panel>
        <HotWash drill={drill} entries={review.hotWash} questions={drill.exercise?.questions ?? []} moves={moves} />
      </div>
      <div className={styles['column']}>
        <details className={styles['panel']}>
          <summary className={styles['panelTitle']}>Postmortem, as far as the record goes</summary>
          <CopyButton text={review.postmortem} label="Copy as Markdown" />
          <Prose>{review.postmortem}</Prose>
        </details>
        <Timeline entries={review.timeline} moves={null} />
      </div>
    </div>
  );
}

function Downloads({ id }: { readonly id: string }) {
  return (
    <span className={styles['controls']}>
      <Anchor href={reportPath(id, 'pdf')} download size="sm">
        Report, PDF
      </Anchor>
      <Anchor href={reportPath(id, 'md')} download size="sm">
        Markdown
      </Anchor>
    </span>
  );
}

/** Bars on one scale, each with its words: the longest is the whole width. */
function Times({ times }: { readonly times: DrillReview['times'] }) {
  const longest = Math.max(1, ...times.map(({ ms }) => ms ?? 0));
  return (
    <ul className={styles['times']}>
      {times.map(({ id, title, ms, words }) => (
        <li key={id} data-testid="drill-time" data-id={id}>
          <p className={styles['timeHead']}>
            <span>{title}</span>
            <strong>{ms === null ? 'not reached' : formatDuration(ms)}</strong>
          </p>
          <div className={styles['track']} aria-hidden>
            <div className={styles['length']} style={{ width: `${((ms ?? 0) / longest) * 100}%` }} />
          </div>
          <p className={styles['quiet']}>{words}</p>
        </li>
      ))}
    </ul>
  );
}
