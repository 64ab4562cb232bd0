import { Button, Popover, VisuallyHidden } from '@mantine/core';
import { IconAlarm, IconClock, IconClockPause } from '@tabler/icons-react';
import { useState } from 'react';
import type { AttemptClock } from '../../../server/contract/attempts.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { formatCountdown, formatDuration } from '../parts/format.ts';
import { useNow } from '../parts/use-now.ts';
import { announcement, remainingMs, urgencyOf, type Urgency } from './clock-view.ts';
import styles from './lab-bar.module.css';

interface Props {
  readonly clock: AttemptClock;
  readonly extending: boolean;
  /** Absent for observers. */
  readonly onExtend?: (() => void) | undefined;
}

/** The time left. It warns in time, offers the extension then, and speaks only when something changes. */
export function LabClock({ clock, extending, onExtend }: Props) {
  const nowMs = useNow(clock.running ? 500 : null);
  const leftMs = remainingMs(clock, serverNowMs(nowMs));
  const urgency = urgencyOf(clock, leftMs);
  const [opened, setOpened] = useState(false);
  const canExtend = onExtend !== undefined && clock.extensionsLeft > 0;
  return (
    <div className={styles['clock']} data-urgency={clock.running ? urgency : 'stopped'}>
      <Popover opened={opened} onChange={setOpened} position="bottom" withArrow width={280}>
        <Popover.Target>
          <button
            type="button"
            className={styles['clockFace']}
            aria-expanded={opened}
            aria-label={`Time left: ${formatCountdown(leftMs)}`}
            onClick={() => {
              setOpened(!opened);
            }}
          >
            <ClockIcon running={clock.running} urgency={urgency} />
            <span role="timer" aria-live="off">
              {formatCountdown(leftMs)}
            </span>
          </button>
        </Popover.Target>
        <Popover.Dropdown>
          <p className={styles['clockText']}>
            {clock.running
              ? 'Work for as long as the clock runs; when it ends, the grader looks at what is there.'
              : `The clock stands still: ${clock.stoppedBecause ?? 'it has not been started.'}`}
          </p>
          {clock.extraMs > 0 && <p className={styles['clockText']}>Of it {formatDuration(clock.extraMs)} are extra time.</p>}
          <p className={styles['clockText']}>{extensionText(clock)}</p>
          {canExtend && (
            <Button size="xs" loading={extending} onClick={onExtend}>
              Extend by {clock.extensionMinutes} min
            </Button>
          )}
        </Popover.Dropdown>
      </Popover>
      <VisuallyHidden role="status">{announcement(clock, urgency)}</VisuallyHidden>
    </div>
  );
}

function extensionText({ extensionsLeft, extensionMinutes }: AttemptClock): string {
  if (extensionsLeft === 0) return 'It cannot be extended any more.';
  return `It can be extended ${extensionsLeft === 1 ? 'once' : `${extensionsLeft} times`} more, by ${extensionMinutes} min.`;
}

function ClockIcon({ running, urgency }: { readonly running: boolean; readonly urgency: Urgency }) {
  if (!running) return <IconClockPause size={16} aria-hidden />;
  return urgency === 'calm' ? <IconClock size={16} aria-hidden /> : <IconAlarm size={16} aria-hidden />;
}
