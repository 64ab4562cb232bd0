import { Button, Title } from '@mantine/core';
import { IconArrowRight, IconPlayerSkipForward } from '@tabler/icons-react';
import type { StepView as Step } from '../../../server/contract/attempts.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import { CheckList } from './check-list.tsx';
import { HintList } from './hint-list.tsx';
import styles from './instructions.module.css';
import { StepMarkdown } from './step-markdown.tsx';
import { withoutTitle } from './step-title.ts';
import type { AttemptActions } from './use-attempt-actions.ts';

interface Props {
  readonly step: Step;
  readonly number: number;
  readonly next: Step | null;
  readonly onNext: (step: Step) => void;
  /** Null for observers. */
  readonly actions: AttemptActions | null;
}

export function StepView({ step, number, next, onNext, actions }: Props) {
  const finished = step.state === 'passed' || step.state === 'skipped';
  const works = actions?.rights.has('work') === true;
  const busy = actions?.step.isPending === true && actions.step.variables.id === step.id ? actions.step.variables.action : null;
  return (
    <article className={styles['step']} aria-labelledby="step-title" data-testid="step" data-step={step.id} data-state={step.state}>
      <header className={styles['stepHead']}>
        <Title order={2} id="step-title" tabIndex={-1}>
          {number}. {step.title}
        </Title>
        {step.state === 'passed' && <StatusTag tone="pass">Done</StatusTag>}
        {step.state === 'skipped' && <StatusTag tone="warn">Skipped</StatusTag>}
      </header>
      {step.markdown === null ? (
        <p className={styles['locked']}>This step opens when the ones before it are done.</p>
      ) : (
        <StepMarkdown markdown={withoutTitle(step.markdown, step.title)} />
      )}
      {step.state !== 'locked' && (
        <>
          <CheckList
            checks={step.checks}
            checking={busy === 'check'}
            onCheckNow={
              actions === null || !works
                ? undefined
                : () => {
                    actions.step.mutate({ id: step.id, action: 'check' });
                  }
            }
          />
          <div aria-live="polite">
            {finished && next !== null && next.state !== 'locked' && (
              <Button
                mt="md"
                rightSection={<IconArrowRight size={16} aria-hidden />}
                onClick={() => {
                  onNext(next);
                }}
              >
                Next: {next.title}
              </Button>
            )}
          </div>
          <HintList
            hints={step.hints}
            unlocking={actions?.hint.isPending === true && actions.hint.variables.id === step.id ? actions.hint.variables.index : null}
            onUnlock={
              actions === null || !works
                ? undefined
                : (index) => {
                    actions.hint.mutate({ id: step.id, index });
                  }
            }
          />
          {actions?.rights.has('decide') === true && !finished && step.phase === 'build' && (
            <Button
              mt="lg"
              size="compact-sm"
              variant="subtle"
              color="gray"
              loading={busy === 'skip'}
              leftSection={<IconPlayerSkipForward size={14} aria-hidden />}
              onClick={() => {
                actions.askSkip(step.id, step.title);
              }}
            >
              Skip this step
            </Button>
          )}
        </>
      )}
    </article>
  );
}
