import { Button, NativeSelect } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { itemLevelSchema, type Items } from '../../../server/contract/insight.ts';
import { fetchItems, itemsCsvPath, type ItemChoice } from '../api/insight-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { InsightTabs } from './insight-tabs.tsx';
import styles from './insight.module.css';
import { ItemTable } from './item-table.tsx';

const LEVELS = { lab: 'Labs', version: 'Versions', fault: 'Faults', check: 'Checks' } as const;

/** How good the labs, their versions, faults and checks are, in numbers that lead to what they stand on. */
export function ItemsPage() {
  const [choice, setChoice] = useState<ItemChoice>({ level: 'check', lab: '', version: '', fault: '' });
  const items = useQuery({
    queryKey: ['insight', 'items', choice],
    queryFn: ({ signal }) => fetchItems(choice, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Item quality"
      width="wide"
      lead="Whether a check is fair, steady and tells people apart. A number of too few observations is not shown; each opens what it stands on."
      actions={
        <Button component="a" href={itemsCsvPath(choice)} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          Download as CSV
        </Button>
      }
    >
      <InsightTabs />
      <Filters choice={choice} onChoose={setChoice} labs={items.data?.labs ?? []} />
      {items.isError && <ErrorNotice error={items.error} onRetry={() => void items.refetch()} />}
      {items.data === undefined && !items.isError && <Waiting what="the items" rows={8} rowHeight={36} />}
      {items.data?.items.length === 0 && (
        <EmptyState title="Nothing has been judged here yet">
          Each verdict adds to these numbers. Choose another lab, or wait for the first attempt to be judged.
        </EmptyState>
      )}
      {items.data !== undefined && items.data.items.length > 0 && (
        <>
          <ItemTable items={items.data} choice={choice} />
          <p className={styles['quiet']}>
            Fewer than {items.data.leastOf} observations give no number; telling apart takes {items.data.leastOfDiscrimination}. The small
            figure is how many there are.
          </p>
        </>
      )}
    </Page>
  );
}

interface FilterProps {
  readonly choice: ItemChoice;
  readonly onChoose: (choice: ItemChoice) => void;
  readonly labs: Items['labs'];
}

function Filters({ choice, onChoose, labs }: FilterProps) {
  const lab = labs.find(({ slug }) => slug === choice.lab);
  const options = (all: string, values: readonly string[]) => [
    { value: '', label: all },
    ...values.map((value) => ({ value, label: value })),
  ];
  return (
    <search className={styles['filters']}>
      <NativeSelect
        size="xs"
        label="Numbers of"
        value={choice.level}
        onChange={(event) => {
          onChoose({ ...choice, level: itemLevelSchema.parse(event.currentTarget.value) });
        }}
        data={itemLevelSchema.options.map((value) => ({ value, label: LEVELS[value] }))}
      />
      <NativeSelect
        size="xs"
        label="Lab"
        value={choice.lab}
        onChange={(event) => {
          onChoose({ level: choice.level, lab: event.currentTarget.value, version: '', fault: '' });
        }}
        data={[{ value: '', label: 'Every lab' }, ...labs.map(({ slug, title }) => ({ value: slug, label: title }))]}
      />
      <NativeSelect
        size="xs"
        label="Version"
        disabled={lab === undefined}
        value={choice.version}
        onChange={(event) => {
          onChoose({ ...choice, version: event.currentTarget.value });
        }}
        data={options('Every version', lab?.versions ?? [])}
      />
      <NativeSelect
        size="xs"
        label="Fault"
        disabled={lab === undefined}
        value={choice.fault}
        onChange={(event) => {
          onChoose({ ...choice, fault: event.currentTarget.value });
        }}
        data={options('Every fault', lab?.faults ?? [])}
      />
    </search>
  );
}
