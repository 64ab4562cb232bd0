import { UnstyledButton } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery } from '@tanstack/react-query';
import { formatFigure } from '../../../server/contract/figure-words.ts';
import type { Figure } from '../../../server/contract/program.ts';
import { fetchFigureEvidence, type FigurePoint } from '../api/insight-api.ts';
import type { FiguresOf } from '../api/program-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { EvidenceTable } from './evidence-table.tsx';
import styles from './insight.module.css';

interface PointProps {
  readonly figure: Figure;
  readonly of: FiguresOf;
  readonly point: FigurePoint;
  /** When it was, in words, such as `day 30`. */
  readonly when: string;
  readonly value: number | null;
}

/** One of the six numbers at a point, which opens what it stands on. */
export function FigurePointButton({ figure, of, point, when, value }: PointProps) {
  if (value === null) return <>–</>;
  const text = formatFigure(value, figure.unit);
  return (
    <UnstyledButton
      className={styles['point'] ?? ''}
      aria-label={`${figure.title}, ${when}: ${text}. Open what it stands on.`}
      onClick={() => {
        modals.open({
          title: `${figure.title}, ${when}: ${text}`,
          size: 'xl',
          children: <FigureEvidence figure={figure} of={of} point={point} />,
        });
      }}
    >
      {text}
    </UnstyledButton>
  );
}

function FigureEvidence({ figure, of, point }: Pick<PointProps, 'figure' | 'of' | 'point'>) {
  const evidence = useQuery({
    queryKey: ['insight', 'figure-evidence', figure.metric, of, point],
    queryFn: ({ signal }) => fetchFigureEvidence(figure.metric, point, of, signal),
  });
  if (evidence.isError) return <ErrorNotice error={evidence.error} onRetry={() => void evidence.refetch()} />;
  if (evidence.data === undefined) return <Waiting what="what it stands on" rows={4} rowHeight={32} />;
  const { definition, rows, why, withheld } = evidence.data;
  return (
    <>
      <p className={styles['quiet']}>{definition} That you looked is in the audit log.</p>
      {why !== null && <EmptyState title="Not shown">{why}</EmptyState>}
      {why === null && rows.length === 0 && (
        <EmptyState title="Nothing was recorded">This number stands on nothing in this time.</EmptyState>
      )}
      {rows.length > 0 && (
        <EvidenceTable
          rows={rows.map(({ at, person, what, value, attemptId }, index) => ({
            key: String(index),
            at,
            who: person?.name ?? null,
            what,
            value,
            attemptId,
          }))}
        />
      )}
      {why === null && withheld > 0 && (
        <p className={styles['quiet']}>{withheld} more are not shown: they are older, or of people whom you may not look into.</p>
      )}
    </>
  );
}
