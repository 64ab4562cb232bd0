import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { fetchInsightPeople, fetchSkills } from '../api/insight-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { CohortSkillsSection } from './cohort-skills.tsx';
import { InsightTabs } from './insight-tabs.tsx';
import styles from './insight.module.css';
import { SkillCard } from './skill-card.tsx';

/** What somebody has shown of the eight dimensions: one's own, or that of whom one may look into. */
export function SkillsPage() {
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const personId = search.get('person') ?? me.id;
  const people = useQuery({ queryKey: ['insight', 'people'], queryFn: ({ signal }) => fetchInsightPeople(signal) });
  const skills = useQuery({ queryKey: ['insight', 'skills', personId], queryFn: ({ signal }) => fetchSkills(personId, signal) });
  const isOwn = personId === me.id;
  return (
    <Page
      title={isOwn ? 'Your skills' : `Skills of ${skills.data?.person.name ?? '…'}`}
      lead="What verdicts have shown of the eight dimensions, how recent that is, and what to do next."
    >
      <InsightTabs />
      {(people.data?.length ?? 0) > 1 && (
        <search className={styles['filters']}>
          <NativeSelect
            size="xs"
            label="Person"
            value={personId}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              setSearch(chosen === me.id ? {} : { person: chosen });
            }}
            data={(people.data ?? []).map(({ id, name }) => ({ value: id, label: id === me.id ? `${name} (you)` : name }))}
          />
        </search>
      )}
      {skills.isError && <ErrorNotice error={skills.error} onRetry={() => void skills.refetch()} />}
      {skills.data === undefined && !skills.isError && <Waiting what="the skills" rows={4} rowHeight={120} />}
      {skills.data !== undefined && (
        <>
          <div className={styles['cards']}>
            {skills.data.skills.map((skill) => (
              <SkillCard key={skill.dimension} skill={skill} isOwn={isOwn} />
            ))}
          </div>
          <details className={styles['rules']}>
            <summary>How levels are made</summary>
            <ul>
              {skills.data.rules.map((rule) => (
                <li key={rule}>{rule}</li>
              ))}
            </ul>
          </details>
        </>
      )}
      {me.role !== 'trainee' && <CohortSkillsSection />}
    </Page>
  );
}
