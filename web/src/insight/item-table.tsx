import { UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { itemNumberSchema, type Item, type ItemNumber, type Items } from '../../../server/contract/insight.ts';
import type { ItemChoice } from '../api/insight-api.ts';
import table from '../parts/data-table.module.css';
import { formatNumber } from '../parts/format.ts';
import { dimensionLabel } from '../result/result-words.ts';
import { formatItemNumber, nameOfItem, NUMBER_TITLES, sortItems, type SortKey, type Sorting } from './insight-words.ts';
import styles from './insight.module.css';
import { openItemEvidence } from './item-evidence.tsx';

interface Props {
  readonly items: Items;
  readonly choice: ItemChoice;
}

/** Sortable by every column; a heading says on hover what its number is, and a number opens what it stands on. */
export function ItemTable({ items: { items, definitions }, choice }: Props) {
  const [sorting, setSorting] = useState<Sorting>({ by: 'name', descending: false });
  const sortBy = (by: SortKey) => (): void => {
    setSorting((was) => ({ by, descending: was.by === by ? !was.descending : by !== 'name' }));
  };
  const heading = (by: SortKey, title: string, definition?: string) => (
    <th
      scope="col"
      className={by === 'name' ? undefined : table['number']}
      aria-sort={sorting.by === by ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
    >
      <UnstyledButton className={styles['sort'] ?? ''} onClick={sortBy(by)} title={definition}>
        {title}
        {sorting.by === by && (sorting.descending ? <IconArrowDown size={12} aria-hidden /> : <IconArrowUp size={12} aria-hidden />)}
      </UnstyledButton>
    </th>
  );
  return (
    <div className={table['frame']}>
      <div className={styles['scroll']} role="region" aria-label="Items" tabIndex={0}>
        <table className={`${table['table'] ?? ''} ${styles['items'] ?? ''}`}>
          <thead>
            <tr>
              {heading('name', 'Item')}
              {heading('attempts', 'Attempts', 'Attempts that the grader judged.')}
              {itemNumberSchema.options.map((number) => (
                <Fragment key={number}>{heading(number, NUMBER_TITLES[number], definitions[number])}</Fragment>
              ))}
            </tr>
          </thead>
          <tbody>
            {sortItems(items, sorting).map((item) => (
              <ItemRow key={item.key} item={item} choice={choice} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function ItemRow({ item, choice }: { readonly item: Item; readonly choice: ItemChoice }) {
  const name = nameOfItem(item);
  return (
    <tr data-testid="item-row" data-item={item.key}>
      <td data-label="Item">
        <span>
          {name}
          <span className={styles['under']}>{describe(item)}</span>
        </span>
      </td>
      <td data-label="Attempts" className={table['number']}>
        {formatNumber(item.attempts)}
      </td>
      {itemNumberSchema.options.map((number) => (
        <td key={number} data-label={NUMBER_TITLES[number]} className={table['number']}>
          <NumberCell item={item} number={number} name={name} choice={choice} />
        </td>
      ))}
    </tr>
  );
}

function describe({ level, lab, check }: Item): string {
  if (check === null) return level === 'fault' ? lab.title : '';
  const marks = [lab.title, dimensionLabel(check.dimension), ...(check.critical ? ['critical'] : []), ...(check.hidden ? ['hidden'] : [])];
  return marks.join(' · ');
}

interface CellProps {
  readonly item: Item;
  readonly number: ItemNumber;
  readonly name: string;
  readonly choice: ItemChoice;
}

function NumberCell({ item, number, name, choice }: CellProps) {
  const { value, of, why } = item.numbers[number];
  if (of === 0)
    return (
      <span className={table['quiet']} title={why ?? ''}>
        –
      </span>
    );
  const text = value === null ? 'too few' : formatItemNumber(number, value);
  return (
    <UnstyledButton
      className={styles['number'] ?? ''}
      data-few={value === null}
      title={why ?? ''}
      aria-label={`${NUMBER_TITLES[number]} of ${name}: ${text}, of ${of}. Open the attempts behind it.`}
      onClick={() => {
        openItemEvidence(item, number, choice);
      }}
    >
      <span>{text}</span> <small>{formatNumber(of)}</small>
    </UnstyledButton>
  );
}
