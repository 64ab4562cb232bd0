import { Button, Menu } from '@mantine/core';
import { IconBolt, IconBookmark, IconDots, IconPlayerSkipForward } from '@tabler/icons-react';
import type { DrillView } from '../../../server/contract/drills.ts';
import { ask } from '../parts/ask.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import styles from './drills.module.css';
import { InjectCard } from './inject-card.tsx';
import { openCheckpointForm, openImproviseForm, openJumpForm } from './inject-forms.tsx';
import { sortInjects } from './inject-order.ts';
import { Panel } from './panel.tsx';
import { formatScenario } from './scenario-time.ts';
import type { Moves } from './use-drill.ts';

interface Props {
  readonly drill: DrillView;
  readonly exercise: NonNullable<DrillView['exercise']>;
  readonly moves: Moves;
}

export function InjectList({ drill, exercise, moves }: Props) {
  const { next, inReserve, done } = sortInjects(exercise.list);
  const runs = drill.me.rights.includes('run');
  const isUnder = drill.state === 'running' || drill.state === 'paused';
  return (
    <>
      <Panel title="Next" actions={runs && isUnder ? <ListActions drill={drill} exercise={exercise} moves={moves} /> : undefined}>
        {next.length === 0 && (
          <EmptyState title="Nothing is due">
            {runs ? 'Improvise, or end the drill when the team has finished.' : 'What comes is not shown here.'}
          </EmptyState>
        )}
        <ol className={styles['injects']} aria-label="Injects to come">
          {next.map((inject) => (
            <li key={inject.number}>
              <InjectCard inject={inject} drill={drill} moves={moves} />
            </li>
          ))}
        </ol>
      </Panel>
      {inReserve.length > 0 && (
        <Panel title="If nothing comes">
          <ol className={styles['injects']} aria-label="Contingencies">
            {inReserve.map((inject) => (
              <li key={inject.number}>
                <InjectCard inject={inject} drill={drill} moves={moves} />
              </li>
            ))}
          </ol>
        </Panel>
      )}
      {done.length > 0 && (
        <Panel title="Done">
          <ol className={styles['injects']} aria-label="Injects that came">
            {done.map((inject) => (
              <li key={inject.number}>
                <InjectCard inject={inject} drill={drill} moves={moves} />
              </li>
            ))}
          </ol>
        </Panel>
      )}
    </>
  );
}

function ListActions({ drill, exercise, moves }: Props) {
  return (
    <span className={styles['controls']}>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconBolt size={14} aria-hidden />}
        onClick={() => {
          openImproviseForm(moves);
        }}
      >
        Improvise
      </Button>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button size="compact-xs" variant="default" aria-label="Clock and checkpoints">
            <IconDots size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPlayerSkipForward size={16} aria-hidden />}
            onClick={() => {
              openJumpForm(drill, moves);
            }}
          >
            Jump forward…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconBookmark size={16} aria-hidden />}
            onClick={() => {
              openCheckpointForm(moves);
            }}
          >
            Set a checkpoint…
          </Menu.Item>
          {exercise.checkpoints.length > 0 && <Menu.Label>Rewind to</Menu.Label>}
          {exercise.checkpoints.map((checkpoint) => (
            <Menu.Item
              key={checkpoint.id}
              onClick={() => {
                ask({
                  title: `Rewind to “${checkpoint.label}”?`,
                  text: `Scenario time goes back to ${formatScenario(checkpoint.atMs)}, and what players did since is taken back${drill.mode === 'live-fire' ? ', in the sandbox as well' : ''}. What was said stays. The clock stands until you let it go on.`,
                  confirm: 'Rewind',
                  danger: true,
                  onConfirm: () => {
                    moves.make({ move: 'rewind', checkpoint: checkpoint.id });
                  },
                });
              }}
            >
              {checkpoint.label} ({formatScenario(checkpoint.atMs)})
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
