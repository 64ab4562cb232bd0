import { ActionIcon, Tooltip } from '@mantine/core';
import { IconLayoutColumns, IconLayoutSidebar, IconPlus } from '@tabler/icons-react';
import type { TerminalView } from '../../../server/contract/attempts.ts';
import { SearchBar } from './search-bar.tsx';
import type { TerminalHost } from './terminal-host.ts';
import { TerminalMenu } from './terminal-menu.tsx';
import { TerminalSurface } from './terminal-surface.tsx';
import { TerminalTabs } from './terminal-tabs.tsx';
import styles from './terminal.module.css';
import type { Pane } from './workspace-layout.ts';

interface Props {
  readonly pane: Pane;
  readonly host: TerminalHost | null;
  readonly terminals: readonly TerminalView[];
  readonly active: boolean;
  readonly isSplit: boolean;
  readonly searching: boolean;
  readonly onSearch: (open: boolean) => void;
  readonly onSelect: (id: string) => void;
  readonly onPick: (id: string) => void;
  readonly onClose?: ((terminal: TerminalView) => void) | undefined;
  /** Absent where terminals may only be looked at. */
  readonly onCreate?: (() => void) | undefined;
  readonly onSplit: () => void;
}

export function TerminalPane(props: Props) {
  const { pane, host, terminals, active, isSplit, onSelect, onCreate, onSplit, searching, onSearch } = props;
  const selected = terminals.find((terminal) => terminal.id === pane.selected);
  const splitLabel = isSplit ? 'One terminal at a time' : 'Split: two terminals side by side';
  return (
    <div className={styles['pane']} data-active={active && isSplit}>
      <div className={styles['bar']}>
        <TerminalTabs pane={pane} terminals={terminals} onSelect={onSelect} onPick={props.onPick} onClose={props.onClose} />
        {onCreate !== undefined && (
          <Tooltip label="New terminal">
            <ActionIcon variant="subtle" color="gray" aria-label="New terminal" onClick={onCreate}>
              <IconPlus size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        {(onCreate !== undefined || terminals.length > 1) && (
          <Tooltip label={splitLabel}>
            <ActionIcon variant="subtle" color="gray" aria-label={splitLabel} onClick={onSplit}>
              {isSplit ? <IconLayoutSidebar size={18} aria-hidden /> : <IconLayoutColumns size={18} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
        <TerminalMenu
          host={host}
          onSearch={() => {
            onSearch(true);
          }}
        />
      </div>
      {host === null || selected === undefined ? (
        <div className={styles['none']}>No terminal is open.</div>
      ) : (
        <div style={{ position: 'relative', display: 'flex', flex: 1, minHeight: 0 }}>
          <TerminalSurface
            key={host.terminalId}
            host={host}
            title={selected.title}
            onFocus={() => {
              onSelect(host.terminalId);
            }}
            onReplace={onCreate}
          />
          {searching && (
            <SearchBar
              host={host}
              onClose={() => {
                onSearch(false);
              }}
            />
          )}
        </div>
      )}
    </div>
  );
}
