import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { DueItem } from '../../../server/contract/insight.ts';
import { fetchDue } from '../api/insight-api.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { InsightTabs } from './insight-tabs.tsx';
import styles from './insight.module.css';
import { StartButton } from './start-button.tsx';

const LISTS = ['overdue', '30 days', '60 days', '90 days'] as const;
const TITLES = { overdue: 'Overdue', '30 days': 'Within 30 days', '60 days': 'Within 60 days', '90 days': 'Within 90 days' } as const;
const KINDS = { certificate: 'Certificate', skill: 'Skill', 'on-call': 'On call' } as const;

/** What has to be shown or renewed soon: one's own, or of everybody whom one may look into. */
export function DuePage() {
  const me = useMe();
  const [whose, setWhose] = useState<'own' | 'everybody'>(me.role === 'trainee' ? 'own' : 'everybody');
  const due = useQuery({ queryKey: ['insight', 'due', whose], queryFn: ({ signal }) => fetchDue(whose, signal) });
  return (
    <Page title="Due again" lead="Skills and certificates age. What runs out in the next ninety days, and what to do about it.">
      <InsightTabs />
      {me.role !== 'trainee' && (
        <SegmentedControl
          mb="md"
          aria-label="Whose"
          value={whose}
          onChange={(value) => {
            setWhose(value === 'own' ? 'own' : 'everybody');
          }}
          data={[
            { value: 'everybody', label: 'Everybody you look after' },
            { value: 'own', label: 'Yourself' },
          ]}
        />
      )}
      {due.isError && <ErrorNotice error={due.error} onRetry={() => void due.refetch()} />}
      {due.data === undefined && !due.isError && <Waiting what="what is due" rows={4} rowHeight={40} />}
      {due.data?.length === 0 && (
        <EmptyState title="Nothing is due">
          {whose === 'own'
            ? 'What you have met is good for more than ninety days, or nothing was met yet: the page Skills says what to do next.'
            : 'Nothing of the people whom you may look into runs out in the next ninety days.'}
        </EmptyState>
      )}
      {LISTS.map((list) => (
        <DueList key={list} title={TITLES[list]} items={(due.data ?? []).filter(({ within }) => within === list)} isOwn={whose === 'own'} />
      ))}
    </Page>
  );
}

function DueList({ title, items, isOwn }: { readonly title: string; readonly items: readonly DueItem[]; readonly isOwn: boolean }) {
  const me = useMe();
  if (items.length === 0) return null;
  return (
    <section aria-label={title} className={styles['list']}>
      <h2>
        {title} <span className={styles['quiet']}>{items.length}</span>
      </h2>
      <div className={table['frame']}>
        <table className={table['table']}>
          <thead>
            <tr>
              {!isOwn && <th scope="col">Person</th>}
              <th scope="col">What</th>
              <th scope="col">By</th>
              <th scope="col">What to do</th>
              <th scope="col" aria-label="Begin it" />
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.key} data-testid="due-row">
                {!isOwn && (
                  <td data-label="Person">
                    <Link to={`/skills?person=${item.person.id}`}>{item.person.name}</Link>
                  </td>
                )}
                <td data-label="What">
                  <span>
                    {item.title} <span className={table['quiet']}>{KINDS[item.kind]}</span>
                  </span>
                </td>
                <td data-label="By" className={table['whole']}>
                  <Instant at={item.dueAt} style="day" />
                </td>
                <td data-label="What to do">{item.next}</td>
                <td>
                  <div className={table['actions']}>
                    {item.person.id === me.id ? <StartButton start={item.start} /> : item.kind === 'certificate' && <RenewLink />}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function RenewLink() {
  return <Link to="/certificates/register">Renew it</Link>;
}
