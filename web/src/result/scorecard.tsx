import { Title } from '@mantine/core';
import type { Result } from '../../../server/contract/attempts.ts';
import { formatNumber } from '../parts/format.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import { dimensionLabel, LEVELS } from './result-words.ts';
import styles from './result.module.css';

export function Scorecard({ dimensions }: { readonly dimensions: Result['dimensions'] }) {
  if (dimensions.length === 0) return null;
  return (
    <section aria-labelledby="scorecard">
      <Title order={2} id="scorecard" mb="sm">
        Scorecard
      </Title>
      <ul className={styles['dimensions']}>
        {dimensions.map(({ dimension, level, points, of }) => (
          <li key={dimension}>
            <span className={styles['dimension']}>{dimensionLabel(dimension)}</span>
            <span className={styles['points']}>
              {formatNumber(points, 1)} of {formatNumber(of, 1)}
            </span>
            <StatusTag tone={LEVELS[level].tone}>{LEVELS[level].label}</StatusTag>
            <span className={styles['track']} aria-hidden>
              <span className={styles['fill']} style={{ width: `${of === 0 ? 0 : Math.min(100, (100 * points) / of)}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
