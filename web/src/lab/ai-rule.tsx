import { Button, Popover } from '@mantine/core';
import { IconSparkles } from '@tabler/icons-react';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { acknowledgeAi } from '../api/accommodations-api.ts';
import { memberIn, useRights } from '../incident/rights.ts';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import { openDeclaration } from './ai-declaration-form.tsx';
import { AI_WORDS, declaredWords } from './ai-words.ts';
import styles from './lab-bar.module.css';
import { useAdoptAttempt } from './use-attempt.ts';

/** The rule about AI assistants, always in sight; opens to what it asks, and to the declaration. */
export function AiRule({ attempt }: { readonly attempt: AttemptView }) {
  const adopt = useAdoptAttempt();
  const rights = useRights(attempt);
  const { ai } = attempt;
  if (ai === null) return null;
  const { short, rule } = AI_WORDS[ai.policy];
  return (
    <Popover position="bottom" withArrow width={300}>
      <Popover.Target>
        <button type="button" className={styles['ai']} data-policy={ai.policy}>
          <IconSparkles size={14} aria-hidden />
          {short}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <p className={styles['clockText']}>{rule}</p>
        {ai.declaration !== null && <p className={styles['clockText']}>Declared: {declaredWords(ai.declaration)}.</p>}
        {ai.declaration === null && ai.policy !== 'none' && rights.has('write') && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              openDeclaration({ attemptId: attempt.id, policy: ai.policy, onDeclared: adopt });
            }}
          >
            Declare what was used
          </Button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** For who plays and has not said yet that they have read the rule. */
export function AiNotice({ attempt }: { readonly attempt: AttemptView }) {
  const me = useMe();
  const adopt = useAdoptAttempt();
  const { id, ai } = attempt;
  const acknowledge = useAct(acknowledgeAi.bind(null, id), {
    onDone: (changed) => {
      adopt(changed);
      return undefined;
    },
  });
  if (ai === null || ai.acknowledgedBy.includes(me.id) || memberIn(attempt, me.id) === undefined) return null;
  return (
    <div className={styles['aiNotice']} role="status">
      <span>{AI_WORDS[ai.policy].rule}</span>
      <Button
        size="compact-xs"
        loading={acknowledge.isPending}
        onClick={() => {
          acknowledge.mutate(ai.policy);
        }}
      >
        I keep to it
      </Button>
    </div>
  );
}
