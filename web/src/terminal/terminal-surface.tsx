import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { TerminalHost } from './terminal-host.ts';
import { TerminalNotice } from './terminal-notice.tsx';
import styles from './terminal.module.css';

interface Props {
  readonly host: TerminalHost;
  readonly title: string;
  /** Called when the terminal gets the keyboard. */
  readonly onFocus?: () => void;
  /** Offered where the shell has ended. */
  readonly onReplace?: (() => void) | undefined;
}

/** One terminal and what there is to say about it. What was on the screen stays readable while the link is away. */
export function TerminalSurface({ host, title, onFocus, onReplace }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const state = useSyncExternalStore(host.watch, host.getState);
  useEffect(() => {
    if (parent.current !== null) host.attach(parent.current);
    return () => {
      host.detach();
    };
  }, [host]);
  return (
    <section
      role="tabpanel"
      className={styles['surface']}
      data-testid="terminal"
      data-terminal-id={host.terminalId}
      data-state={state.kind}
      aria-label={title}
      onFocus={onFocus}
    >
      <TerminalNotice
        state={state}
        onRetry={() => {
          host.reopen();
        }}
        onReplace={onReplace}
      />
      <div ref={parent} className={styles['glass']} />
    </section>
  );
}
