import { modals } from '@mantine/modals';
import { useQuery } from '@tanstack/react-query';
import type { Item, ItemNumber } from '../../../server/contract/insight.ts';
import { fetchItemEvidence, type ItemChoice } from '../api/insight-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { EvidenceTable } from './evidence-table.tsx';
import { nameOfItem, NUMBER_TITLES } from './insight-words.ts';
import styles from './insight.module.css';

/** The attempts behind a number of an item; that somebody looked is in the audit log. */
export function openItemEvidence(item: Item, number: ItemNumber, choice: ItemChoice): void {
  modals.open({
    title: `${NUMBER_TITLES[number]}: ${nameOfItem(item)}`,
    size: 'xl',
    children: <ItemEvidence item={item} number={number} choice={choice} />,
  });
}

interface Props {
  readonly item: Item;
  readonly number: ItemNumber;
  readonly choice: ItemChoice;
}

function ItemEvidence({ item, number, choice }: Props) {
  const of = {
    level: choice.level,
    lab: item.lab.slug,
    version: item.version ?? choice.version,
    fault: item.fault ?? choice.fault,
  };
  const check = item.check?.id ?? '';
  const evidence = useQuery({
    queryKey: ['insight', 'item-evidence', of, check, number],
    queryFn: ({ signal }) => fetchItemEvidence(of, { check, number }, signal),
  });
  if (evidence.isError) return <ErrorNotice error={evidence.error} onRetry={() => void evidence.refetch()} />;
  if (evidence.data === undefined) return <Waiting what="the attempts" rows={4} rowHeight={32} />;
  const { definition, rows, withheld } = evidence.data;
  return (
    <>
      <p className={styles['quiet']}>{definition}</p>
      {rows.length === 0 ? (
        <EmptyState title="Nothing that you may look into">
          These attempts are of people whose cohorts do not name you as manager. An administrator can name you, on the page Cohorts.
        </EmptyState>
      ) : (
        <EvidenceTable
          rows={rows.map(({ attemptId, people, lab, at, words }) => ({
            key: attemptId,
            at,
            who: people.map(({ name }) => name).join(', '),
            what: lab,
            value: words,
            attemptId,
          }))}
        />
      )}
      {withheld > 0 && rows.length > 0 && (
        <p className={styles['quiet']}>{withheld} more are not shown: they are older, or of people whom you may not look into.</p>
      )}
    </>
  );
}
