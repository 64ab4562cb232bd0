import type { PreviewLab } from '../../../server/contract/preview.ts';
import type { StepView as Step } from '../../../server/contract/attempts.ts';
import { useState } from 'react';
import { StepNav } from '../lab/step-nav.tsx';
import { StepView } from '../lab/step-view.tsx';
import styles from './preview.module.css';

/** The instructions as a trainee sees them when each step is open and every hint is unlocked. */
export function PreviewSteps({ lab }: { readonly lab: PreviewLab }) {
  const steps = lab.steps.map(openStep);
  const [chosen, setChosen] = useState<string | null>(null);
  const index = Math.max(
    steps.findIndex(({ id }) => id === chosen),
    0,
  );
  const step = steps[index];
  if (step === undefined) return null;
  return (
    <div className={styles['steps']}>
      <StepNav
        steps={steps}
        shownId={step.id}
        onShow={({ id }) => {
          setChosen(id);
        }}
      />
      <div className={styles['step']}>
        <p className={styles['phase']}>{step.phase === 'build' ? 'Build' : `Incident: ${lab.fault}`}</p>
        <StepView step={step} number={index + 1} next={null} onNext={() => undefined} actions={null} />
      </div>
    </div>
  );
}

function openStep({ id, title, phase, markdown, checks, hints }: PreviewLab['steps'][number]): Step {
  return {
    id,
    title,
    phase,
    state: 'open',
    markdown,
    checks: checks.map((check) => ({ ...check, state: 'unknown', reason: null, seen: [], checkedAt: null })),
    hints: hints.map((hint) => ({
      title: `${hint.title} (after ${hint.unlockAfterSeconds} s)`,
      unlocked: true,
      availableAt: null,
      markdown: hint.markdown,
    })),
  };
}
