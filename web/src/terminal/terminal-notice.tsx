import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useNow } from '../parts/use-now.ts';
import { getLink } from '../realtime/link.ts';
import type { TerminalState } from './terminal-session.ts';
import styles from './terminal.module.css';

interface Props {
  readonly state: TerminalState;
  readonly onRetry: () => void;
  readonly onReplace?: (() => void) | undefined;
}

/** Says why a terminal cannot be typed into, and what happens next. Shows nothing while it can. */
export function TerminalNotice({ state, onRetry, onReplace }: Props) {
  switch (state.kind) {
    case 'open':
      return null;
    case 'connecting':
      return <Strip>Connecting to the shell…</Strip>;
    case 'lost':
      return (
        <Strip tone="warn" action={state.what === 'link' && <NowButton />}>
          {state.reason} <Countdown retryAtMs={state.retryAtMs} /> {state.what === 'link' && 'The shell itself goes on.'}
        </Strip>
      );
    case 'refused':
      return (
        <Strip
          tone="warn"
          action={
            <Button size="compact-xs" variant="default" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          {state.error.message} {state.error.remedy}
        </Strip>
      );
    case 'ended':
      return (
        <Strip
          action={
            onReplace !== undefined && (
              <Button size="compact-xs" variant="default" onClick={onReplace}>
                Open a new terminal
              </Button>
            )
          }
        >
          {state.reason}
        </Strip>
      );
  }
}

function Strip({
  tone = 'quiet',
  action,
  children,
}: {
  readonly tone?: 'quiet' | 'warn';
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles['strip']} data-tone={tone} role="status">
      {tone === 'warn' && <IconPlugConnectedX size={16} aria-hidden />}
      <span className={styles['stripText']}>{children}</span>
      {action}
    </div>
  );
}

function NowButton() {
  return (
    <Button
      size="compact-xs"
      variant="default"
      onClick={() => {
        getLink().retryNow();
      }}
    >
      Try now
    </Button>
  );
}

/** Hidden from screen readers, which would read out every second. */
function Countdown({ retryAtMs }: { readonly retryAtMs: number | null }) {
  const nowMs = useNow(500);
  if (retryAtMs === null) return null;
  const seconds = Math.ceil((retryAtMs - nowMs) / 1000);
  return <span aria-hidden>{seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.'}</span>;
}
