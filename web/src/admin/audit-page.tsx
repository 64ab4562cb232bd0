import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditEntry } from '../../../server/contract/people.ts';
import { fetchAudit, fetchPeople } from '../api/people-api.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import styles from './admin.module.css';

/** Who did what, newest first. Nothing here can be changed or removed. */
export function AuditPage() {
  const [person, setPerson] = useState('');
  const [action, setAction] = useState('');
  const filter = { person: person === '' ? null : person, action: action.trim() === '' ? null : action.trim() };
  const people = useQuery({ queryKey: ['people'], queryFn: ({ signal }) => fetchPeople(signal) });
  const audit = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) => fetchAudit(filter, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.nextBefore,
  });
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <Page title="Audit" width="wide" lead="Who did what, newest first.">
      <search className={styles['filters']}>
        <NativeSelect
          size="xs"
          label="Person"
          value={person}
          onChange={(event) => {
            setPerson(event.currentTarget.value);
          }}
          data={[{ value: '', label: 'Everybody' }, ...(people.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
        />
        <TextInput
          size="xs"
          label="Action"
          placeholder="attempt.started"
          value={action}
          onChange={(event) => {
            setAction(event.currentTarget.value);
          }}
        />
      </search>
      {audit.isError && <ErrorNotice error={audit.error} onRetry={() => void audit.refetch()} />}
      {audit.isPending && <Waiting what="the audit log" rows={8} rowHeight={32} />}
      {audit.isSuccess && entries.length === 0 && <EmptyState title="Nothing matches">Choose another person or action.</EmptyState>}
      {entries.length > 0 && <AuditTable entries={entries} />}
      {audit.hasNextPage && (
        <Button mt="md" variant="default" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          Show older entries
        </Button>
      )}
    </Page>
  );
}

function AuditTable({ entries }: { readonly entries: readonly AuditEntry[] }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Action</th>
            <th scope="col">Subject</th>
            <th scope="col">Details</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.seq}>
              <td data-label="When" className={table['whole']}>
                <Instant at={entry.at} />
              </td>
              <td data-label="Who">{entry.actor?.name ?? 'nobody signed in'}</td>
              <td data-label="Action" className={table['whole']}>
                <code>{entry.action}</code>
              </td>
              <td data-label="Subject" className={table['quiet']}>
                {entry.subject ?? '–'}
              </td>
              <td data-label="Details">
                <code className={styles['detail']}>{Object.keys(entry.detail).length === 0 ? '–' : JSON.stringify(entry.detail)}</code>
              </td>
              <td data-label="From" className={`${table['quiet'] ?? ''} ${table['whole'] ?? ''}`}>
                {entry.address ?? '–'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
