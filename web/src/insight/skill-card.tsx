import { Link } from 'react-router';
import type { Skill } from '../../../server/contract/insight.ts';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { dimensionLabel } from '../result/result-words.ts';
import { standingOf } from './insight-words.ts';
import styles from './insight.module.css';
import { StartButton } from './start-button.tsx';

/** One dimension: the level, why, until when, what to do, and the verdicts that show it. */
export function SkillCard({ skill, isOwn }: { readonly skill: Skill; readonly isOwn: boolean }) {
  const { tone, label } = standingOf(skill);
  const title = dimensionLabel(skill.dimension);
  return (
    <article className={styles['card']} aria-label={title} data-testid={`skill-${skill.dimension}`}>
      <header className={styles['cardHead']}>
        <h2>{title}</h2>
        <StatusTag tone={tone}>{label}</StatusTag>
      </header>
      <p className={styles['why']}>{skill.why}</p>
      {skill.dueAt !== null && (
        <p className={styles['quiet']}>
          {skill.standing === 'lapsed' ? 'Was to be shown again by ' : 'To be shown again by '}
          <Instant at={skill.dueAt} style="day" />.
        </p>
      )}
      {skill.next !== null && (
        <div className={styles['next']}>
          <p>{skill.next}</p>
          {isOwn && <StartButton start={skill.start} />}
        </div>
      )}
      {skill.evidence.length > 0 && (
        <details className={styles['evidence']}>
          <summary>{countOf(skill.evidence.length, 'verdict')} behind it</summary>
          <ul>
            {skill.evidence.map(({ attemptId, lab, at, passed, of }) => (
              <li key={attemptId}>
                <Link to={`/attempts/${attemptId}/result`}>{lab}</Link>, <Instant at={at} style="day" />: {passed} of {of} held
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}
