import { Button } from '@mantine/core';
import type { AttemptClock } from '../../../server/contract/attempts.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { useNow } from '../parts/use-now.ts';
import { announcement, remainingMs, urgencyOf } from './clock-view.ts';
import styles from './lab-page.module.css';

interface Props {
  readonly clock: AttemptClock;
  readonly extending: boolean;
  /** Absent for those who may not. */
  readonly onExtend?: (() => void) | undefined;
}

/** Across the page while the time runs out: nobody should find out afterwards. The clock says it aloud; this is for the eye. */
export function TimeWarning({ clock, extending, onExtend }: Props) {
  const nowMs = useNow(clock.running ? 1_000 : null);
  const urgency = urgencyOf(clock, remainingMs(clock, serverNowMs(nowMs)));
  if (!clock.running || urgency === 'calm') return null;
  return (
    <div className={styles['warning']} data-urgency={urgency}>
      <span>{announcement(clock, urgency)}</span>
      {clock.extensionsLeft > 0 && onExtend !== undefined && (
        <Button size="compact-xs" loading={extending} onClick={onExtend}>
          Extend by {clock.extensionMinutes} min
        </Button>
      )}
    </div>
  );
}
