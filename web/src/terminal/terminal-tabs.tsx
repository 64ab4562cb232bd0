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
  readonly onClose: (terminal: TerminalView) => void;
}

/** Arrow keys go from tab to tab, as the tabs pattern of WAI-ARIA has it; each has its close button beside it, outside the tab itself. */
export function TerminalTabs({ pane, terminals, onSelect, onPick, onClose }: Props) {
  const shown = pane.tabs.flatMap((id) => terminals.find((terminal) => terminal.id === id) ?? []);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = shown.findIndex((terminal) => terminal.id === pane.selected);
    const next = shown[(at + step + shown.length) % shown.length];
    if (next === undefined) return;
    onSelect(next.id);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div className={styles['tabs']}>
      <div role="tablist" aria-label="Terminals" onKeyDown={onKeyDown} style={{ display: 'flex' }}>
        {shown.map((terminal) => (
          <span key={terminal.id} role="presentation" className={styles['tab']} data-selected={terminal.id === pane.selected}>
            <UnstyledButton
              role="tab"
              className={styles['tabButton'] ?? ''}
              aria-selected={terminal.id === pane.selected}
              tabIndex={terminal.id === pane.selected ? 0 : -1}
              data-tab={terminal.id}
              onClick={() => {
                onSelect(terminal.id);
                onPick(terminal.id);
              }}
            >
              {terminal.title}
              {terminal.state === 'ended' ? ' (ended)' : ''}
            </UnstyledButton>
            {terminals.length > 1 && (
              <CloseButton
                size="xs"
                aria-label={`Close ${terminal.title}`}
                tabIndex={terminal.id === pane.selected ? 0 : -1}
                onClick={() => {
                  onClose(terminal);
                }}
              />
            )}
          </span>
        ))}
      </div>
    </div>
  );
}
