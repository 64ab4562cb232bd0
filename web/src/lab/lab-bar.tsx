import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowLeft, IconDotsVertical, IconFlag, IconGavel, IconKeyboard, IconRestore } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { isTeam } from '../incident/rights.ts';
import { TeamButton } from '../incident/team-button.tsx';
import { useMe } from '../session/me.ts';
import { useLinkState } from '../realtime/use-link-state.ts';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import { openShortcutsMap } from '../shell/shortcuts-map.tsx';
import { AiRule } from './ai-rule.tsx';
import styles from './lab-bar.module.css';
import { LabClock } from './lab-clock.tsx';
import { currentStep, positionOf } from './step-position.ts';
import type { AttemptActions } from './use-attempt-actions.ts';

/** The thin bar: which lab, which step, how long, how the sandbox is, and the way out. */
export function LabBar({ attempt, actions }: { readonly attempt: AttemptView; readonly actions: AttemptActions }) {
  // A candidate came by a link and has nowhere to go back to.
  const isCandidate = useMe().role === 'candidate';
  const step = currentStep(attempt.steps);
  const position = step === null ? null : positionOf(attempt.steps, step.id);
  return (
    <header className={styles['bar']}>
      {!isCandidate && (
        <ActionIcon
          component={Link}
          to="/labs"
          variant="subtle"
          color="gray"
          aria-label="Back to the labs; this one goes on"
          title="Back to the labs; this one goes on"
        >
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
      )}
      <h1 className={styles['title']}>{attempt.lab.title}</h1>
      {position !== null && (
        <span className={styles['position']}>
          Step {position.number} of {position.of}
        </span>
      )}
      <span className={styles['state']} role="status" data-testid="attempt-state" data-state={attempt.state}>
        <SandboxState attempt={attempt} />
      </span>
      <span className={styles['gap']} />
      {attempt.clock !== null && (
        <LabClock
          clock={attempt.clock}
          extending={actions.act.isPending && actions.act.variables === 'extend'}
          onExtend={
            actions.rights.has('decide')
              ? () => {
                  actions.act.mutate('extend');
                }
              : undefined
          }
        />
      )}
      <AiRule attempt={attempt} />
      {isTeam(attempt) && <TeamButton attempt={attempt} />}
      {attempt.state === 'incident' && actions.rights.has('decide') && (
        <Button
          size="compact-sm"
          className={styles['verdict'] ?? ''}
          leftSection={<IconGavel size={15} aria-hidden />}
          onClick={actions.askForVerdict}
        >
          Verdict
        </Button>
      )}
      <LabMenu attempt={attempt} actions={actions} />
    </header>
  );
}

function SandboxState({ attempt }: { readonly attempt: AttemptView }) {
  const link = useLinkState();
  if (link.kind === 'lost') return <StatusTag tone="warn">Link lost</StatusTag>;
  if (attempt.trouble !== null) return <StatusTag tone="unsure">Platform trouble</StatusTag>;
  const { tone, label } = stateOf(attempt.state);
  return <StatusTag tone={tone}>{label}</StatusTag>;
}

function stateOf(state: AttemptView['state']): { readonly tone: Tone; readonly label: string } {
  switch (state) {
    case 'requested':
    case 'provisioning':
      return { tone: 'busy', label: 'Setting up' };
    case 'ready':
      return { tone: 'pass', label: 'Sandbox ready' };
    case 'incident':
      return { tone: 'warn', label: 'Incident' };
    case 'grading':
      return { tone: 'busy', label: 'Grading' };
    default:
      return { tone: 'quiet', label: 'Over' };
  }
}

function LabMenu({ attempt, actions }: { readonly attempt: AttemptView; readonly actions: AttemptActions }) {
  const decides = actions.rights.has('decide');
  const working = decides && (attempt.state === 'ready' || attempt.state === 'incident');
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="More for this lab" loading={actions.reset.isPending}>
          <IconDotsVertical size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {working && (
          <>
            <Menu.Label>Reset the cluster</Menu.Label>
            {attempt.state === 'incident' && (
              <Menu.Item
                leftSection={<IconRestore size={16} aria-hidden />}
                onClick={() => {
                  actions.askReset('fault');
                }}
              >
                To when the fault struck
              </Menu.Item>
            )}
            <Menu.Item
              leftSection={<IconRestore size={16} aria-hidden />}
              onClick={() => {
                actions.askReset('healthy');
              }}
            >
              To the healthy state
            </Menu.Item>
            <Menu.Item
              leftSection={<IconRestore size={16} aria-hidden />}
              onClick={() => {
                actions.askReset('start');
              }}
            >
              To the very start
            </Menu.Item>
            <Menu.Divider />
          </>
        )}
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={openShortcutsMap}>
          Keyboard shortcuts
        </Menu.Item>
        {decides && attempt.state !== 'grading' && (
          <Menu.Item color="red" leftSection={<IconFlag size={16} aria-hidden />} onClick={actions.askEnd}>
            End this attempt
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
