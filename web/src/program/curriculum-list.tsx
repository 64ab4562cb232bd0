import { Title } from '@mantine/core';
import { Link } from 'react-router';
import type { CurriculumItem, PersonCurriculum } from '../../../server/contract/curriculum.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon, StatusTag } from '../parts/status-tag.tsx';
import { ARTEFACT_WORDS, PHASE_WORDS, progressWords, STATE_WORDS } from './curriculum-words.ts';
import styles from './training.module.css';

interface Props {
  readonly programme: PersonCurriculum['programmes'][number];
  /** One's own, with ways to go on; else only to look at. */
  readonly isOwn: boolean;
}

/** What one cohort's programme asks of one person, part by part. */
export function CurriculumList({ programme, isOwn }: Props) {
  const { cohort, day, items, startsAt } = programme;
  return (
    <section className={styles['section']} aria-labelledby={`curriculum-${cohort.id}`} data-testid="curriculum">
      <Title order={2} id={`curriculum-${cohort.id}`}>
        {cohort.name}
      </Title>
      <p className={styles['quiet']}>
        {day < 0 ? (
          <>
            Begins <Instant at={startsAt} style="day" />
          </>
        ) : (
          `Day ${Math.min(day, 90)} of 90`
        )}
        ; {progressWords(items)}.
      </p>
      {(['baseline', 'labs', 'certify'] as const).map((phase) => {
        const own = items.filter((item) => item.phase === phase);
        return own.length === 0 ? null : (
          <div key={phase}>
            <h3 className={styles['phase']}>{PHASE_WORDS[phase]}</h3>
            <ul className={styles['items']}>
              {own.map((item) => (
                <Item key={item.id} item={item} isOwn={isOwn} />
              ))}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

function Item({ item, isOwn }: { readonly item: CurriculumItem; readonly isOwn: boolean }) {
  const { label, tone } = STATE_WORDS[item.state];
  return (
    <li className={styles['item']} data-testid="curriculum-item" data-state={item.state}>
      <div>
        <p className={styles['title']}>
          <ItemTitle item={item} isOwn={isOwn} />
        </p>
        <p className={styles['quiet']}>
          {item.doneAt === null ? (
            <>
              By <Instant at={item.dueAt} />
            </>
          ) : (
            <>
              Done <Instant at={item.doneAt} style="day" />
              {item.outcome !== null && `, ${item.outcome}`}
            </>
          )}
        </p>
      </div>
      <StatusTag tone={tone}>{label}</StatusTag>
      {item.artefacts.length > 0 && (
        <ul className={styles['artefacts']} aria-label={`To write in ${item.title}`}>
          {item.artefacts.map((artefact) => (
            <li key={artefact.id}>
              <StatusIcon tone={ARTEFACT_WORDS[artefact.state].tone} size={14} />
              <span>
                <Link to={`/attempts/${item.attemptId ?? ''}/artefacts`}>{artefact.title}</Link>: {ARTEFACT_WORDS[artefact.state].label}
              </span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function ItemTitle({ item, isOwn }: { readonly item: CurriculumItem; readonly isOwn: boolean }) {
  const page = { readiness: '/readiness', lab: '/labs', certificate: '/certificates' }[item.kind];
  return isOwn ? <Link to={page}>{item.title}</Link> : item.title;
}
