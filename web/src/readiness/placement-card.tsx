import { Progress } from '@mantine/core';
import { TRACK_LABELS } from '../../../server/contract/program.ts';
import { DIMENSION_LABELS, type Placement } from '../../../server/contract/readiness.ts';
import { Instant } from '../parts/instant.tsx';
import styles from './readiness.module.css';

/** Where somebody was placed, by whom and why. */
export function PlacementCard({ placement }: { readonly placement: Placement }) {
  const { track, kind, at, by, reasons, scores } = placement;
  return (
    <section className={styles['placed']} aria-label="Track" data-testid="placement" data-kind={kind}>
      <p className={styles['track']}>{TRACK_LABELS[track]}</p>
      <p className={styles['quiet']}>
        {kind === 'check' ? 'By the readiness check' : `Placed by ${by.name}`}, <Instant at={at} style="day" />
      </p>
      <ul className={styles['reasons']}>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {scores.length > 0 && (
        <dl className={styles['scores']}>
          {scores.map(({ dimension, percent }) => (
            <div key={dimension}>
              <dt>{DIMENSION_LABELS[dimension]}</dt>
              <dd aria-hidden>
                <Progress value={percent} size="sm" />
              </dd>
              <dd className={styles['percent']}>{percent}%</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
