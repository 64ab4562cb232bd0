import { useQueryClient } from '@tanstack/react-query';
import type { InterviewView, NewInterview } from '../../../server/contract/interviews.ts';
import { eraseInterview, renewInterviewLink, revokeInterview } from '../api/interviews-api.ts';
import { ask } from '../parts/ask.ts';
import { Instant } from '../parts/instant.tsx';
import { showOnce } from '../parts/shown-once.tsx';
import { useAct } from '../parts/use-act.ts';
import { candidateName } from './interview-words.ts';

/** The link is shown this once. */
export function showInterviewLink({ interview, link }: NewInterview): void {
  showOnce({
    title: `Link for ${candidateName(interview)}`,
    label: 'Link',
    value: link,
    text: (
      <>
        Send it to the candidate and nobody else: whoever has it takes the interview. It is good for beginning until{' '}
        <Instant at={interview.expiresAt} />, and shown only now.
      </>
    ),
  });
}

/** What can be done with an interview. Whatever cannot be undone asks first. */
export function useInterviewActions(interview: InterviewView) {
  const client = useQueryClient();
  const name = candidateName(interview);
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['interviews'] });
  const renew = useAct(renewInterviewLink, {
    onDone: (made) => {
      refresh();
      showInterviewLink(made);
      return undefined;
    },
  });
  const revoke = useAct(revokeInterview, {
    onDone: () => {
      refresh();
      return `The interview of ${name} is called off.`;
    },
  });
  const erase = useAct(eraseInterview, {
    onDone: () => {
      refresh();
      return 'What was personal is erased.';
    },
  });
  return {
    askRenew: (): void => {
      ask({
        title: `A new link for ${name}?`,
        text: 'The older link leads nowhere from then on, and a page that it opened is told so. What was begun goes on with the new one.',
        confirm: 'Make a new link',
        onConfirm: () => {
          renew.mutate(interview.id);
        },
      });
    },
    askRevoke: (): void => {
      ask({
        title: `Call the interview of ${name} off?`,
        text: 'The link leads nowhere from then on. If it is under way, it ends at once and without a verdict.',
        confirm: 'Call it off',
        cancel: 'Keep it',
        danger: true,
        onConfirm: () => {
          revoke.mutate(interview.id);
        },
      });
    },
    askErase: (): void => {
      ask({
        title: `Erase what is personal of ${name}?`,
        text: `The name, the recordings and what was written go for good. The verdict stays under the alias ${interview.alias}, and so do the counts.`,
        confirm: 'Erase it for good',
        cancel: 'Keep it',
        danger: true,
        onConfirm: () => {
          erase.mutate(interview.id);
        },
      });
    },
  };
}
