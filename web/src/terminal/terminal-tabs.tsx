import { CloseButton, UnstyledButton } from '@mantine/core';
import type { KeyboardEvent } from 'react';
import type { TerminalView } from '../../../server/contract/attempts.ts';
import styles from './terminal.module.css';
import type { Pane } from './workspace-layout.ts';

interface Props {
  readonly pane: Pane;
  readonly terminals: readonly TerminalView[];
  readonly onSelect: (id: string) => void;
  /** Clicked, not just reached with the arrow keys: the keyboard goes on to the terminal. */
  readonly onPick: (id: string) => void;
  /** Absent where terminals may only be looked at, and for the last one. */
  readonly onClose?: ((terminal: TerminalView) => void) | undefined;
}

/** Arrow keys go from tab to tab and Delete closes one, as the tabs pattern of WAI-ARIA has it; the button closes the selected one. */
export function TerminalTabs({ pane, terminals, onSelect, onPick, onClose }: Props) {
  const shown = pane.tabs.flatMap((id) => terminals.find((terminal) => terminal.id === id) ?? []);
  const selected = shown.find((terminal) => terminal.id === pane.selected);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Delete' && selected !== undefined) onClose?.(selected);
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = shown[(shown.findIndex((terminal) => terminal === selected) + step + shown.length) % shown.length];
    if (step === 0 || next === undefined) return;
    onSelect(next.id);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div className={styles['tabs']}>
      <div role="tablist" aria-label="Terminals" className={styles['tablist']} onKeyDown={onKeyDown}>
        {shown.map((terminal) => (
          <UnstyledButton
            key={terminal.id}
            role="tab"
            className={styles['tab'] ?? ''}
            aria-selected={terminal === selected}
            tabIndex={terminal === selected ? 0 : -1}
            data-tab={terminal.id}
            onClick={() => {
              onSelect(terminal.id);
              onPick(terminal.id);
            }}
          >
            {terminal.title}
            {terminal.state === 'ended' ? ' (ended)' : ''}
          </UnstyledButton>
        ))}
      </div>
      {onClose !== undefined && selected !== undefined && (
        <CloseButton
          size="sm"
          aria-label={`Close ${selected.title}`}
          title={`Close ${selected.title}`}
          onClick={() => {
            onClose(selected);
          }}
        />
      )}
    </div>
  );
}
