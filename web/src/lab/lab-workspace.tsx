import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { ArtefactsTab } from '../artefacts/artefacts-tab.tsx';
import { useArtefacts } from '../artefacts/use-artefacts.ts';
import { isTeam } from '../incident/rights.ts';
import { StatusTab } from '../incident/status-tab.tsx';
import { useStatusUpdates } from '../incident/use-status.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { notifyError } from '../parts/notify.ts';
import { MeasurementsTab } from '../measurements/measurements-tab.tsx';
import { useMeasurements } from '../measurements/use-measurements.ts';
import { ServicesTab } from '../services/services-tab.tsx';
import { TerminalWorkspace, type TerminalWorkspaceHandle } from '../terminal/terminal-workspace.tsx';
import { Instructions } from './instructions.tsx';
import styles from './lab-workspace.module.css';
import { RunCommandContext } from './run-command.ts';
import type { AttemptActions } from './use-attempt-actions.ts';

/** Below this there is no room for two things side by side. */
const WIDE = '(min-width: 50em)';
type Side = 'instructions' | 'terminals' | 'status' | 'services' | 'measurements' | 'artefacts';

/** Instructions left, terminals and services right; on a narrow screen one of them at a time, the others kept alive. */
export function LabWorkspace({ attempt, actions }: { readonly attempt: AttemptView; readonly actions: AttemptActions }) {
  const wide = useMediaQuery(WIDE, window.matchMedia(WIDE).matches);
  const terminals = useRef<TerminalWorkspaceHandle>(null);
  const [side, setSide] = useState<Side>('instructions');
  const { rights } = actions;
  const mayType = rights.has('type');
  const tells = rights.has('status-users') || rights.has('status-internal');
  const updates = useStatusUpdates(attempt.id, attempt.tellsStatus);
  const right = wide && side === 'instructions' ? (tells && !mayType ? 'status' : 'terminals') : side;
  const artefacts = useArtefacts(attempt.id, isTeam(attempt));
  const measurements = useMeasurements(attempt.id);
  const work: readonly Side[] = [
    'terminals',
    ...(attempt.tellsStatus ? ['status' as const] : []),
    'services',
    ...(measurements === undefined ? [] : ['measurements' as const]),
    ...(artefacts === undefined ? [] : ['artefacts' as const]),
  ];
  useFirstTerminal(attempt, actions, mayType);

  const focusInstructions = (): void => {
    if (!wide) {
      flushSync(() => {
        setSide('instructions');
      });
    }
    document.querySelector<HTMLElement>('#step-title')?.focus();
  };
  const focusTerminal = (): void => {
    flushSync(() => {
      setSide('terminals');
    });
    terminals.current?.focus();
  };
  useSideKeys(focusInstructions, focusTerminal);

  const run = (command: string): void => {
    // Shown first, because what is hidden cannot have the keyboard.
    flushSync(() => {
      setSide('terminals');
    });
    const outcome = terminals.current?.run(command) ?? { ok: false, reason: 'The terminals are not there yet.' };
    if (outcome.ok) {
      notifications.show({ id: 'run', message: `Sent to ${outcome.title}`, autoClose: 2_500, withBorder: true, role: 'status' });
    } else notifications.show({ id: 'run', color: 'yellow', title: 'Not sent', message: outcome.reason, withBorder: true, role: 'alert' });
  };

  const instructions = (
    <RunCommandContext value={mayType ? run : null}>
      <Instructions attempt={attempt} actions={actions} />
    </RunCommandContext>
  );
  const rightHalf = (
    <div className={styles['right']}>
      {wide && <SideTabs value={right} sides={work} onChange={setSide} />}
      <div className={styles['fill']} hidden={right !== 'terminals'}>
        {mayType || attempt.terminals.length > 0 ? (
          <TerminalWorkspace
            key={mayType ? 'write' : 'observe'}
            ref={terminals}
            attemptId={attempt.id}
            terminals={attempt.terminals}
            access={mayType ? 'write' : 'observe'}
            onCreate={mayType ? actions.createTerminal : undefined}
            onDelete={
              mayType
                ? (terminal) => {
                    actions.removeTerminal.mutate(terminal);
                  }
                : undefined
            }
            onLeave={focusInstructions}
          />
        ) : (
          <EmptyState title="No terminal yet">What an expert of your team types appears here.</EmptyState>
        )}
      </div>
      {updates !== undefined && (
        <div className={styles['writing']} role="region" aria-label="Status" tabIndex={0} hidden={right !== 'status'}>
          <StatusTab attempt={attempt} updates={updates} />
        </div>
      )}
      {right === 'services' && <ServicesTab attemptId={attempt.id} />}
      {right === 'measurements' && measurements !== undefined && (
        <div className={styles['writing']}>
          <MeasurementsTab attemptId={attempt.id} data={measurements} />
        </div>
      )}
      {artefacts !== undefined && (
        <div className={styles['writing']} hidden={right !== 'artefacts'}>
          <ArtefactsTab attemptId={attempt.id} data={artefacts} />
        </div>
      )}
    </div>
  );

  // One tree for both widths: what is inside must not be built anew when a tablet is turned.
  return (
    <div className={styles['workspace']}>
      {!wide && <SideTabs value={side} sides={['instructions', ...work]} onChange={setSide} />}
      <Halves
        wide={wide}
        showLeft={wide || side === 'instructions'}
        showRight={wide || side !== 'instructions'}
        left={instructions}
        right={rightHalf}
      />
    </div>
  );
}

interface HalvesProps {
  readonly wide: boolean;
  readonly showLeft: boolean;
  readonly showRight: boolean;
  readonly left: ReactNode;
  readonly right: ReactNode;
}

function Halves({ wide, showLeft, showRight, left, right }: HalvesProps) {
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({ id: 'drillhouse.lab', onlySaveAfterUserInteractions: true });
  return (
    <Group
      className={styles['halves'] ?? ''}
      data-narrow={!wide}
      defaultLayout={defaultLayout ?? { instructions: 40, work: 60 }}
      onLayoutChanged={onLayoutChanged}
      disabled={!wide}
    >
      <Panel id="instructions" minSize="20%" className={styles['left'] ?? ''} hidden={!showLeft}>
        {left}
      </Panel>
      <Separator className={styles['separator'] ?? ''} aria-label="Width of the instructions" hidden={!wide} />
      <Panel id="work" minSize="30%" hidden={!showRight}>
        {right}
      </Panel>
    </Group>
  );
}

const SIDE_LABELS: Record<Side, string> = {
  instructions: 'Instructions',
  terminals: 'Terminals',
  status: 'Status',
  services: 'Services',
  measurements: 'Measurements',
  artefacts: 'Artefacts',
};

function SideTabs({
  value,
  sides,
  onChange,
}: {
  readonly value: Side;
  readonly sides: readonly Side[];
  readonly onChange: (side: Side) => void;
}) {
  return (
    <div className={styles['sideTabs']}>
      <SegmentedControl
        size="xs"
        aria-label="What to show"
        value={value}
        onChange={onChange}
        data={sides.map((side) => ({ value: side, label: SIDE_LABELS[side] }))}
      />
    </div>
  );
}

/** A lab begins with a shell: nobody should have to ask for the first one. */
function useFirstTerminal(attempt: AttemptView, actions: AttemptActions, mayType: boolean): void {
  const asked = useRef(false);
  const { createTerminal } = actions;
  const none = mayType && attempt.terminals.length === 0;
  useEffect(() => {
    if (!none || asked.current) return;
    asked.current = true;
    createTerminal().catch(notifyError);
  }, [none, createTerminal]);
}

/** Ctrl+Shift+1 and 2, from wherever the keyboard is; terminals hand the first on by themselves. */
function useSideKeys(toInstructions: () => void, toTerminal: () => void): void {
  const latest = useRef({ toInstructions, toTerminal });
  useEffect(() => {
    latest.current = { toInstructions, toTerminal };
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || !event.shiftKey || event.altKey || event.defaultPrevented) return;
      if (event.code !== 'Digit1' && event.code !== 'Digit2') return;
      event.preventDefault();
      if (event.code === 'Digit1') latest.current.toInstructions();
      else latest.current.toTerminal();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
    };
  }, []);
}
