import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import type { AttemptView, TerminalView } from '../../../server/contract/attempts.ts';
import {
  actOnAttempt,
  actOnStep,
  createTerminal,
  deleteTerminal,
  resetAttempt,
  unlockHint,
  type AttemptAction,
} from '../api/attempts-api.ts';
import { useRights } from '../incident/rights.ts';
import { ask } from '../parts/ask.ts';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import { openDeclaration } from './ai-declaration-form.tsx';
import { useAdoptAttempt, useAdoptTerminal } from './use-attempt.ts';

const RESETS = {
  start: { title: 'Reset to the very start?', text: 'Everything you built is removed and the steps begin again.' },
  healthy: {
    title: 'Reset to the healthy state?',
    text: 'Your cluster goes back to how it was when all was well; what you changed since is lost.',
  },
  fault: {
    title: 'Reset to the fault?',
    text: 'Your cluster goes back to how it was when the fault struck; what you changed since is lost.',
  },
} as const;

export type ResetTarget = keyof typeof RESETS;

/** What a person may do with their attempt. Whatever cannot be undone asks first. */
export function useAttemptActions(attempt: AttemptView) {
  const rights = useRights(attempt);
  const adopt = useAdoptAttempt();
  const adoptTerminal = useAdoptTerminal(attempt.id);
  const client = useQueryClient();
  const navigate = useNavigate();
  const isCandidate = useMe().role === 'candidate';
  const onDone = (changed: AttemptView): undefined => {
    adopt(changed);
    return undefined;
  };
  const act = useAct((action: AttemptAction) => actOnAttempt(attempt.id, action), {
    onDone: (changed, action) => {
      adopt(changed);
      return action === 'extend' ? `${attempt.clock?.extensionMinutes ?? 0} minutes more.` : undefined;
    },
  });
  const reset = useAct((to: ResetTarget) => resetAttempt(attempt.id, to), { onDone });
  const step = useAct(({ id, action }: { id: string; action: 'check' | 'skip' }) => actOnStep(attempt.id, id, action), { onDone });
  const hint = useAct(({ id, index }: { id: string; index: number }) => unlockHint(attempt.id, id, index), { onDone });
  const removeTerminal = useAct((terminal: TerminalView) => deleteTerminal(attempt.id, terminal.id), {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['attempt', attempt.id] });
      return undefined;
    },
  });

  const askForVerdict = (): void => {
    ask({
      title: 'Ask for the verdict?',
      text: 'The grader looks at your cluster from outside. Its verdict ends the attempt.',
      confirm: 'Judge it now',
      onConfirm: () => {
        act.mutate('grade');
      },
    });
  };

  return {
    /** What the person may do; all of it where nobody shares the attempt. */
    rights,
    act,
    reset,
    step,
    hint,
    removeTerminal,
    createTerminal: async (): Promise<TerminalView> => {
      const terminal = await createTerminal(attempt.id);
      adoptTerminal(terminal);
      return terminal;
    },
    /** Where AI assistants may have helped, what they did is asked first. */
    askForVerdict: (): void => {
      const { ai } = attempt;
      if (ai !== null && ai.policy !== 'none' && ai.declaration === null) {
        openDeclaration({
          attemptId: attempt.id,
          policy: ai.policy,
          onDeclared: (changed) => {
            adopt(changed);
            askForVerdict();
          },
        });
        return;
      }
      askForVerdict();
    },
    askReset: (to: ResetTarget): void => {
      ask({
        ...RESETS[to],
        confirm: 'Reset',
        danger: true,
        onConfirm: () => {
          reset.mutate(to);
        },
      });
    },
    askSkip: (id: string, title: string): void => {
      ask({
        title: `Skip “${title}”?`,
        text: 'Its solution is run for you. The step counts as skipped and gives no credit.',
        confirm: 'Skip the step',
        onConfirm: () => {
          step.mutate({ id, action: 'skip' });
        },
      });
    },
    askEnd: (): void => {
      ask({
        title: 'End this attempt?',
        text: 'Your cluster is removed and the attempt counts as ended early.',
        confirm: 'End the attempt',
        danger: true,
        onConfirm: () => {
          act.mutate('abandon', isCandidate ? {} : { onSuccess: () => void navigate('/labs') });
        },
      });
    },
  };
}

export type AttemptActions = ReturnType<typeof useAttemptActions>;
