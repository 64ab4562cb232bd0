import { UnstyledButton } from '@mantine/core';
import { IconCheck, IconFlame, IconLock, IconPlayerSkipForward } from '@tabler/icons-react';
import type { StepView } from '../../../server/contract/attempts.ts';
import styles from './instructions.module.css';

const STATE_LABELS: Record<StepView['state'], string> = { locked: 'not open yet', open: 'open', passed: 'done', skipped: 'skipped' };

interface Props {
  readonly steps: readonly StepView[];
  readonly shownId: string;
  readonly onShow: (step: StepView) => void;
}

export function StepNav({ steps, shownId, onShow }: Props) {
  return (
    <nav aria-label="Steps" className={styles['nav']}>
      <ol>
        {steps.map((step, index) => (
          <li key={step.id}>
            <UnstyledButton
              className={styles['navStep'] ?? ''}
              data-state={step.state}
              aria-current={step.id === shownId ? 'step' : undefined}
              aria-label={`Step ${index + 1}, ${step.title}, ${STATE_LABELS[step.state]}`}
              title={step.title}
              onClick={() => {
                onShow(step);
              }}
            >
              <StepMark step={step} number={index + 1} />
            </UnstyledButton>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function StepMark({ step, number }: { readonly step: StepView; readonly number: number }) {
  if (step.state === 'passed') return <IconCheck size={15} aria-hidden />;
  if (step.state === 'skipped') return <IconPlayerSkipForward size={14} aria-hidden />;
  if (step.phase === 'incident') return <IconFlame size={15} aria-hidden />;
  if (step.state === 'locked') return <IconLock size={13} aria-hidden />;
  return number;
}
