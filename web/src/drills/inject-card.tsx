import { Button } from '@mantine/core';
import { useEffect, useRef, type RefObject } from 'react';
import type { DrillView, InjectView } from '../../../server/contract/drills.ts';
import type { MoveInput } from '../api/drills-api.ts';
import { formatDuration } from '../parts/format.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import { CHANNELS, OUTCOMES, recipientsText } from './drill-words.ts';
import styles from './drills.module.css';
import { openEditForm, openMarkForm } from './inject-forms.tsx';
import { Prose } from './prose.tsx';
import { formatScenario } from './scenario-time.ts';
import type { Moves } from './use-drill.ts';

/** The inject whose button was pressed last. */
let pressed: number | null = null;

function notePressed(number: number): void {
  pressed = number;
}

/**
 * What was fired goes into another list, and its button with it: whoever works by keyboard goes on from the card in its new place, and not from the top of the page.
 */
function useFocusKept(number: number, isPending: boolean): RefObject<HTMLElement | null> {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isPending || pressed !== number) return;
    pressed = null;
    if (document.activeElement === document.body) card.current?.focus({ preventScroll: true });
  }, [number, isPending]);
  return card;
}

interface Props {
  readonly inject: InjectView;
  readonly drill: DrillView;
  readonly moves: Moves;
}

export function InjectCard({ inject, drill, moves }: Props) {
  const { Icon, label } = CHANNELS[inject.channel];
  const card = useFocusKept(inject.number, inject.state === 'pending');
  return (
    <article
      ref={card}
      tabIndex={-1}
      className={styles['inject']}
      data-state={inject.state}
      data-testid="inject"
      data-number={inject.number}
    >
      <header className={styles['injectHead']}>
        <span className={styles['when']}>{whenText(inject)}</span>
        <h3 className={styles['injectTitle']}>
          {inject.number}. {inject.subject}
        </h3>
      </header>
      <p className={styles['quiet']}>
        <Icon size={14} aria-hidden className={styles['inline']} /> {inject.kind === 'fault' ? 'Fault' : `${label} from ${inject.from}`}, to{' '}
        {recipientsText(inject.to)}
        {inject.improvised ? ' · improvised' : ''}
        {inject.edited ? ' · edited' : ''}
        {inject.firedBy === null ? '' : ` · fired by ${inject.firedBy.name}`}
      </p>
      <details className={styles['more']}>
        <summary>Text{inject.expected === null ? '' : ', what is expected'}</summary>
        <Prose>{inject.text}</Prose>
        {inject.expected !== null && (
          <p className={styles['expected']}>
            <strong>Expected within {formatDuration(inject.expected.withinMs)}:</strong> {inject.expected.response}
          </p>
        )}
        {inject.notes !== '' && <p className={styles['notes']}>{inject.notes}</p>}
      </details>
      {inject.state === 'fired' && inject.expected !== null && <Answer inject={inject} />}
      <Actions inject={inject} drill={drill} moves={moves} />
    </article>
  );
}

function whenText({ state, firedMs, dueMs, contingency }: InjectView): string {
  if (state === 'skipped') return 'skipped';
  if (firedMs !== null) return formatScenario(firedMs);
  if (dueMs !== null) return formatScenario(dueMs);
  return contingency === null ? '' : `if ${contingency.unanswered} is not answered`;
}

function Answer({ inject: { answer, expected } }: { readonly inject: InjectView }) {
  if (answer === null) return <StatusTag tone="quiet">No answer yet</StatusTag>;
  const { tone, label } = OUTCOMES[answer.outcome];
  const isLate = expected !== null && answer.afterMs > expected.withinMs;
  return (
    <p className={styles['answer']}>
      <StatusTag tone={tone}>{label}</StatusTag> {afterText(answer.afterMs)}
      {isLate ? ', late' : ''}
      {answer.note === '' ? '' : `: ${answer.note}`}
    </p>
  );
}

/** People answer in seconds, not in fractions of them. */
function afterText(ms: number): string {
  return ms < 1_000 ? 'at once' : `after ${formatDuration(Math.round(ms / 1_000) * 1_000)}`;
}

function Actions({ inject, drill, moves }: Props) {
  const runs = drill.me.rights.includes('run');
  const judges = runs || drill.me.rights.includes('evaluate');
  const isUnder = drill.state === 'running' || drill.state === 'paused';
  const press = (move: MoveInput): void => {
    notePressed(inject.number);
    moves.make(move);
  };
  const button = (text: string, onClick: () => void) => (
    <Button size="compact-xs" variant="default" onClick={onClick} aria-label={`${text}: inject ${inject.number}`}>
      {text}
    </Button>
  );
  if (inject.state === 'pending' && runs) {
    return (
      <div className={styles['injectActions']}>
        {isUnder && button('Fire now', () => press({ move: 'fire', inject: inject.number }))}
        {isUnder && button('Skip', () => press({ move: 'skip', inject: inject.number }))}
        {button('Edit', () => openEditForm(inject, moves))}
      </div>
    );
  }
  if (inject.state !== 'fired' || inject.expected === null || !judges) return null;
  return <div className={styles['injectActions']}>{button('Mark the answer', () => openMarkForm(inject, moves))}</div>;
}
