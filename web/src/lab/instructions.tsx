import { useEffect, useRef, useState } from 'react';
import type { AttemptView, StepView as StepViewModel } from '../../../server/contract/attempts.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import styles from './instructions.module.css';
import { MoveCard } from './move-card.tsx';
import { currentStep, nextStep, positionOf } from './step-position.ts';
import { StepNav } from './step-nav.tsx';
import { StepView } from './step-view.tsx';
import type { AttemptActions } from './use-attempt-actions.ts';

interface Props {
  readonly attempt: AttemptView;
  /** Null for observers. */
  readonly actions: AttemptActions | null;
}

/** The left half of the lab: where one is, what to do, what is checked, what helps. */
export function Instructions({ attempt, actions }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const current = currentStep(attempt.steps);
  const phase = attempt.state === 'incident' || attempt.state === 'grading' ? 'incident' : 'build';
  // The page stays at the step one reads, also when that passes; only a new phase of the attempt brings up its own step.
  const [choice, setChoice] = useState({ phase, id: current?.id });
  const shown = attempt.steps.find((step) => choice.phase === phase && step.id === choice.id) ?? current;
  const show = (step: StepViewModel): void => {
    setChoice({ phase, id: step.id });
  };
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [shown?.id]);

  if (shown === null) return <EmptyState title="This lab has no steps">Its terminals are yours all the same.</EmptyState>;
  return (
    <div className={styles['frame']}>
      <StepNav steps={attempt.steps} shownId={shown.id} onShow={show} />
      <div className={styles['scroller']} ref={scroller} tabIndex={-1} id="instructions">
        <MoveCard attempt={attempt} actions={actions} />
        {actions?.act.isError === true && <ErrorNotice error={actions.act.error} />}
        <StepView
          step={shown}
          number={positionOf(attempt.steps, shown.id).number}
          next={nextStep(attempt.steps, shown.id)}
          onNext={show}
          actions={actions}
        />
      </div>
    </div>
  );
}
