import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useImperativeHandle, useState, type Ref } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import type { TerminalView } from '../../../server/contract/attempts.ts';
import { ask } from '../parts/ask.ts';
import { notifyError } from '../parts/notify.ts';
import { getLink } from '../realtime/link.ts';
import type { HostCommand } from './host-command.ts';
import { askAboutPaste } from './paste-question.tsx';
import { TerminalHosts } from './terminal-hosts.ts';
import { TerminalPane } from './terminal-pane.tsx';
import { changeFontSize } from './terminal-settings.ts';
import styles from './terminal.module.css';
import { useWorkspaceLayout } from './use-workspace-layout.ts';
import { activePane, focusedTerminal, joinPanes, moveAcross, reconcile, select, selectNeighbour } from './workspace-layout.ts';

/** What the page around the terminals may do with them. */
export interface TerminalWorkspaceHandle {
  /** Runs a command in the terminal that has, or last had, the keyboard. */
  run(command: string): { readonly ok: true; readonly title: string } | { readonly ok: false; readonly reason: string };
  focus(): void;
}

interface Props {
  readonly attemptId: string;
  readonly terminals: readonly TerminalView[];
  readonly access: 'write' | 'observe';
  readonly onCreate?: (() => Promise<TerminalView>) | undefined;
  readonly onDelete?: ((terminal: TerminalView) => void) | undefined;
  readonly onLeave?: (() => void) | undefined;
  readonly ref?: Ref<TerminalWorkspaceHandle>;
}

export function TerminalWorkspace({ attemptId, terminals, access, onCreate, onDelete, onLeave, ref }: Props) {
  const terminalIds = terminals.map((terminal) => terminal.id);
  const [layout, change] = useWorkspaceLayout(attemptId, terminalIds);
  const [toSplitOff, setToSplitOff] = useState<string | null>(null);
  // A terminal made for a split is moved once the attempt lists it, which is a little after its creation is answered.
  if (toSplitOff !== null && terminalIds.includes(toSplitOff)) {
    setToSplitOff(null);
    change((current) => moveAcross(reconcile(current, terminalIds), toSplitOff));
  }
  const [searching, setSearching] = useState(false);
  const onCommand = useEffectEvent((command: HostCommand) => {
    switch (command) {
      case 'search':
        setSearching(true);
        break;
      case 'font-larger':
        changeFontSize(1);
        break;
      case 'font-smaller':
        changeFontSize(-1);
        break;
      case 'font-reset':
        changeFontSize('reset');
        break;
      case 'tab-next':
        change((current) => selectNeighbour(current, 1));
        break;
      case 'tab-previous':
        change((current) => selectNeighbour(current, -1));
        break;
      case 'leave-to-instructions':
        onLeave?.();
        break;
    }
  });
  const [hosts] = useState(() => new TerminalHosts({ access, wire: getLink(), onPaste: askAboutPaste, onRefused: notifyError }));
  const dark = useComputedColorScheme('light') === 'dark';
  useEffect(() => {
    hosts.handleCommands((command) => {
      onCommand(command);
    });
    return () => {
      hosts.dispose();
    };
  }, [hosts]);
  useEffect(() => {
    hosts.setDark(dark);
  }, [hosts, dark]);
  useEffect(() => {
    hosts.keepOnly(new Set(terminals.map((terminal) => terminal.id)));
  }, [hosts, terminals]);

  useImperativeHandle(ref, () => ({
    run(command) {
      const id = focusedTerminal(layout);
      if (id === null) return { ok: false, reason: 'There is no terminal. Open one first.' };
      const refusal = hosts.ensure(id).run(command);
      if (refusal !== null) return { ok: false, reason: refusal };
      hosts.ensure(id).focus();
      return { ok: true, title: terminals.find((terminal) => terminal.id === id)?.title ?? 'the terminal' };
    },
    focus() {
      const id = focusedTerminal(layout);
      if (id !== null) hosts.ensure(id).focus();
    },
  }));

  const createFocused = async (): Promise<string | null> => {
    const terminal = await onCreate?.();
    if (terminal !== undefined) hosts.ensure(terminal.id).focus();
    return terminal?.id ?? null;
  };
  const create = onCreate === undefined ? undefined : (): void => void createFocused().catch(notifyError);
  const split = async (): Promise<void> => {
    if (layout.panes.length === 2) {
      change(joinPanes);
      return;
    }
    const { tabs, selected } = activePane(layout);
    if (tabs.length === 1) setToSplitOff(await createFocused());
    else if (selected !== null) {
      change((current) => moveAcross(current, selected));
      hosts.ensure(selected).focus();
    }
  };
  const close = (terminal: TerminalView): void => {
    if (terminal.state === 'ended') onDelete?.(terminal);
    else confirmClose(terminal, () => onDelete?.(terminal));
  };

  return (
    <Group orientation="horizontal" className={styles['workspace']}>
      {layout.panes.flatMap((pane, index) => [
        ...(index === 1 ? [<Separator key="separator" className={styles['separator'] ?? ''} aria-label="Width of the terminals" />] : []),
        <Panel key={index} id={`pane-${index}`} minSize="20%">
          <TerminalPane
            pane={pane}
            host={pane.selected === null ? null : hosts.ensure(pane.selected)}
            terminals={terminals}
            active={layout.active === index}
            isSplit={layout.panes.length === 2}
            searching={searching && layout.active === index}
            onSearch={(open) => {
              if (pane.selected !== null) change((current) => select(current, pane.selected ?? ''));
              setSearching(open);
            }}
            onSelect={(id) => {
              change((current) => select(current, id));
            }}
            onPick={(id) => {
              hosts.ensure(id).focus();
            }}
            onClose={onDelete !== undefined && terminals.length > 1 ? close : undefined}
            onCreate={create}
            onSplit={() => void split().catch(notifyError)}
          />
        </Panel>,
      ])}
    </Group>
  );
}

function confirmClose(terminal: TerminalView, close: () => void): void {
  ask({
    title: `Close ${terminal.title}?`,
    text: 'Its shell and whatever runs in it end. The recording is kept.',
    confirm: 'Close it',
    cancel: 'Keep it',
    danger: true,
    onConfirm: close,
  });
}
