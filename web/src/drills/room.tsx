import { Button } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { DrillView } from '../../../server/contract/drills.ts';
import type { AttemptRight } from '../../../server/contract/teams.ts';
import { ROLE_DUTIES } from '../incident/role-words.ts';
import { StatusForm } from '../incident/status-form.tsx';
import { StatusList } from '../incident/status-list.tsx';
import { moveInDrill } from '../api/drills-api.ts';
import { Chat } from './chat.tsx';
import styles from './drills.module.css';
import { Inbox } from './inbox.tsx';
import { Panel } from './panel.tsx';
import { PeoplePanel } from './people-panel.tsx';
import { Prose } from './prose.tsx';
import { TeamLog } from './team-log.tsx';
import type { Moves } from './use-drill.ts';

/** The drill as a player sees it: what reaches the role, what the team did, what people outside are told. */
export function Room({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  return (
    <div className={styles['console']}>
      <div className={styles['column']}>
        {drill.me.role !== null && <p className={styles['duty']}>{ROLE_DUTIES[drill.me.role]}</p>}
        {drill.state === 'scheduled' ? (
          <Panel title="Briefing">
            <Prose>{drill.briefing}</Prose>
            <p className={styles['quiet']}>It begins when whoever runs it starts the clock.</p>
          </Panel>
        ) : (
          <Inbox drill={drill} moves={moves} />
        )}
      </div>
      <div className={styles['column']}>
        {drill.state !== 'scheduled' && <TeamLog drill={drill} moves={moves} />}
        <StatusPanel drill={drill} />
      </div>
      <div className={styles['column']}>
        <Sandbox drill={drill} />
        <PeoplePanel drill={drill} moves={moves} />
        <Chat drill={drill} moves={moves} />
        <details className={styles['panel']}>
          <summary className={styles['panelTitle']}>Runbook</summary>
          <Prose>{drill.runbook}</Prose>
        </details>
        {drill.state !== 'scheduled' && (
          <details className={styles['panel']}>
            <summary className={styles['panelTitle']}>Briefing</summary>
            <Prose>{drill.briefing}</Prose>
          </details>
        )}
      </div>
    </div>
  );
}

function StatusPanel({ drill }: { readonly drill: DrillView }) {
  const isUnder = drill.state === 'running' || drill.state === 'paused';
  return (
    <Panel title="Status page">
      {isUnder && drill.me.rights.includes('status') && (
        <StatusForm send={(update) => sendStatus(drill.id, update)} updates={drill.status} rights={ALL_AUDIENCES} />
      )}
      <StatusList updates={drill.status} />
    </Panel>
  );
}

const ALL_AUDIENCES: ReadonlySet<AttemptRight> = new Set<AttemptRight>(['status-users', 'status-internal']);

async function sendStatus(
  drillId: string,
  update: Parameters<React.ComponentProps<typeof StatusForm>['send']>[0],
): Promise<{ seq: number }> {
  const view = await moveInDrill(drillId, { move: 'status', update });
  return { seq: view.status.at(-1)?.seq ?? 0 };
}

function Sandbox({ drill: { sandbox, me } }: { readonly drill: DrillView }) {
  if (sandbox === null) return null;
  return (
    <Panel title="The sandbox">
      <p className={styles['quiet']}>{sandbox.words}</p>
      {sandbox.attemptId !== null && sandbox.ready && (
        <Button
          component={Link}
          to={`/attempts/${sandbox.attemptId}`}
          target="_blank"
          variant="default"
          leftSection={<IconTerminal2 size={16} aria-hidden />}
        >
          {me.rights.includes('type') ? 'Open the terminals' : 'Watch the terminals'}
        </Button>
      )}
    </Panel>
  );
}
