import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import type { DrillView } from '../../../server/contract/drills.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { ask } from '../parts/ask.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { useNow } from '../parts/use-now.ts';
import { DRILL_STATES, MODE_LABELS } from './drill-words.ts';
import styles from './drills.module.css';
import { formatScenario, scenarioNowMs } from './scenario-time.ts';
import type { Moves } from './use-drill.ts';

/** What it is, where it stands, and the clock; whoever runs it has its hand on the clock here. */
export function DrillBar({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const { tone, label } = DRILL_STATES[drill.state];
  return (
    <header className={styles['bar']}>
      <h1 className={styles['barTitle']}>{drill.title}</h1>
      <span className={styles['quiet']}>{MODE_LABELS[drill.mode]}</span>
      <StatusTag tone={tone}>{label}</StatusTag>
      {drill.state === 'scheduled' && (
        <span className={styles['quiet']}>
          for <Instant at={drill.startsAt} />
        </span>
      )}
      {drill.state !== 'scheduled' && drill.state !== 'ended' && <ScenarioClock drill={drill} />}
      {drill.me.role !== null && (
        <span className={styles['role']} data-testid="my-role">
          {ROLE_LABELS[drill.me.role]}
        </span>
      )}
      {drill.me.rights.includes('run') && <ClockControls drill={drill} moves={moves} />}
      {drill.me.rights.includes('play') && drill.state !== 'ended' && <Leave moves={moves} />}
    </header>
  );
}

function ScenarioClock({ drill }: { readonly drill: DrillView }) {
  const nowMs = useNow(drill.clock.running ? 1_000 : null);
  return (
    <span className={styles['clock']} data-testid="scenario-clock">
      {formatScenario(scenarioNowMs(drill.clock, serverNowMs(nowMs)))}
      <span className={styles['quiet']}> of {drill.minutes} min</span>
    </span>
  );
}

/** Said at once, so that nobody waits for who is gone; the role is kept until it is given to somebody else. */
function Leave({ moves }: { readonly moves: Moves }) {
  const navigate = useNavigate();
  const leave = (): void => {
    moves.make({ move: 'leave' }, () => void navigate('/drills'));
  };
  return (
    <span className={styles['controls']}>
      <Button size="compact-sm" variant="default" onClick={leave}>
        Leave
      </Button>
    </span>
  );
}

function ClockControls({ drill: { state }, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const button = (text: string, Icon: typeof IconPlayerPlay, onClick: () => void, primary = false) => (
    <Button
      size="compact-sm"
      variant={primary ? 'filled' : 'default'}
      leftSection={<Icon size={15} aria-hidden />}
      onClick={onClick}
      loading={moves.busy}
    >
      {text}
    </Button>
  );
  const end = (): void => {
    ask({
      title: 'End the drill?',
      text: 'The clock stops for good, and everybody goes on to the hot wash. It cannot be begun again.',
      confirm: 'End it',
      danger: true,
      onConfirm: () => {
        moves.make({ move: 'end' });
      },
    });
  };
  if (state === 'ended') return null;
  return (
    <span className={styles['controls']}>
      {state === 'scheduled' && button('Start', IconPlayerPlay, () => moves.make({ move: 'start' }), true)}
      {state === 'running' && button('Pause', IconPlayerPause, () => moves.make({ move: 'pause' }))}
      {state === 'paused' && button('Go on', IconPlayerPlay, () => moves.make({ move: 'resume' }), true)}
      {state !== 'scheduled' && button('End', IconPlayerStop, end)}
    </span>
  );
}
