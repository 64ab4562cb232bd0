import { Button } from '@mantine/core';
import { IconFlame, IconGavel } from '@tabler/icons-react';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { currentWork } from './current-work.ts';
import styles from './instructions.module.css';
import { ProgressList } from './progress-list.tsx';
import { nextMove } from './step-position.ts';
import type { AttemptActions } from './use-attempt-actions.ts';

/** The one thing to do with the attempt as a whole now, if there is one. */
export function MoveCard({ attempt, actions }: { readonly attempt: AttemptView; readonly actions: AttemptActions | null }) {
  const decides = actions?.rights.has('decide') === true;
  switch (nextMove(attempt)) {
    case 'work':
      return null;
    case 'start incident':
      return (
        <aside className={styles['move']} data-tone="pass" aria-label="What comes next">
          <p>
            <strong>All of it is built.</strong> Now something breaks, and the clock starts when it has. Find out what, and mend it.
          </p>
          {decides && (
            <Button
              loading={actions.act.isPending && actions.act.variables === 'incident'}
              leftSection={<IconFlame size={16} aria-hidden />}
              onClick={() => {
                actions.act.mutate('incident');
              }}
            >
              Start the incident
            </Button>
          )}
        </aside>
      );
    case 'fix and ask':
      return (
        <aside className={styles['move']} data-tone="warn" aria-label="What comes next">
          <p>
            <strong>Something is broken.</strong> Mend it, then ask for the verdict. The grader looks from outside, so any honest fix
            counts.
          </p>
          {decides && (
            <Button
              leftSection={<IconGavel size={16} aria-hidden />}
              onClick={actions.askForVerdict}
              loading={actions.act.isPending && actions.act.variables === 'grade'}
            >
              Ask for the verdict
            </Button>
          )}
        </aside>
      );
    case 'stand by':
      return (
        <aside className={styles['move']} data-tone="accent" aria-label="What comes next" role="status">
          <p>
            <strong>Your cluster is being worked on.</strong> You can go on reading meanwhile.
          </p>
          <ProgressList progress={currentWork(attempt.progress)} />
        </aside>
      );
    case 'wait':
      return (
        <aside className={styles['move']} data-tone="accent" aria-label="What comes next" role="status">
          <p>
            <strong>The grader is looking.</strong> It probes your service from outside and watches it for a while, so that luck does not
            count. You need not do anything.
          </p>
          <ProgressList progress={currentWork(attempt.progress)} />
        </aside>
      );
  }
}
