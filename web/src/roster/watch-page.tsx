import { Button, SegmentedControl } from '@mantine/core';
import { IconClockPlus, IconMessage } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, Navigate, useParams } from 'react-router';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { openAddTimeForm } from '../accommodations/extra-time-form.tsx';
import { AttemptStateTag } from '../catalogue/past-attempts.tsx';
import { isTeam } from '../incident/rights.ts';
import { StatusTab } from '../incident/status-tab.tsx';
import { TeamButton } from '../incident/team-button.tsx';
import { useStatusUpdates } from '../incident/use-status.ts';
import { hasWorkspace, isRunning } from '../lab/attempt-cache.ts';
import { Instructions } from '../lab/instructions.tsx';
import { LabClock } from '../lab/lab-clock.tsx';
import { ProvisioningView } from '../lab/provisioning-view.tsx';
import { useAttempt } from '../lab/use-attempt.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page, useDocumentTitle } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { TerminalWorkspace } from '../terminal/terminal-workspace.tsx';
import { useMe } from '../session/me.ts';
import { mayInstruct } from '../session/permissions.ts';
import { FaultMenu } from './fault-menu.tsx';
import { openMessageForm } from './message-form.tsx';
import { useRoster } from './use-roster.ts';
import styles from './watch.module.css';

export function WatchPage() {
  const { attemptId = '' } = useParams();
  const attempt = useAttempt(attemptId);
  if (attempt.data === undefined) {
    return (
      <Page title="Watch">
        {attempt.isError ? <ErrorNotice error={attempt.error} onRetry={() => void attempt.refetch()} /> : <Waiting what="the attempt" />}
      </Page>
    );
  }
  if (!isRunning(attempt.data)) return <Navigate to={`/attempts/${attemptId}/result`} replace />;
  return <Watch attempt={attempt.data} />;
}

/** Another's lab as they see it, read-only: their steps and checks, their terminals as they type. */
function Watch({ attempt }: { readonly attempt: AttemptView }) {
  useDocumentTitle(`Watching ${attempt.person.name}`);
  const me = useMe();
  return (
    <div className={styles['page']}>
      <header className={styles['bar']}>
        <Button component={Link} to={attempt.isInterview ? '/interviews' : '/roster'} variant="default" size="compact-sm">
          {attempt.isInterview ? 'Interviews' : 'Roster'}
        </Button>
        <h1 className={styles['title']}>
          Watching {attempt.person.name} <span className={styles['lab']}>{attempt.lab.title}</span>
        </h1>
        <AttemptStateTag state={attempt.state} />
        {attempt.clock !== null && <LabClock clock={attempt.clock} extending={false} />}
        {isTeam(attempt) && <TeamButton attempt={attempt} />}
        {attempt.clock !== null && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconClockPlus size={15} aria-hidden />}
            onClick={() => {
              openAddTimeForm(attempt.id, attempt.person.name);
            }}
          >
            More time
          </Button>
        )}
        {mayInstruct(me.role) && <Steering attempt={attempt} />}
      </header>
      {!hasWorkspace(attempt) ? (
        <ProvisioningView attempt={attempt} />
      ) : (
        <div className={styles['halves']}>
          <div className={styles['steps']}>
            <Instructions attempt={attempt} actions={null} />
          </div>
          <div className={styles['terminals']}>
            <Work attempt={attempt} />
          </div>
        </div>
      )}
    </div>
  );
}

/** Their terminals, and what they tell others where that is part of it. */
function Work({ attempt }: { readonly attempt: AttemptView }) {
  const [side, setSide] = useState<string>('terminals');
  const updates = useStatusUpdates(attempt.id, attempt.tellsStatus);
  return (
    <>
      {updates !== undefined && (
        <div className={styles['sides']}>
          <SegmentedControl
            size="xs"
            aria-label="What to show"
            value={side}
            onChange={setSide}
            data={[
              { value: 'terminals', label: 'Terminals' },
              { value: 'status', label: `Status (${updates.length})` },
            ]}
          />
        </div>
      )}
      <div className={styles['work']} hidden={side !== 'terminals'}>
        {attempt.terminals.length === 0 ? (
          <EmptyState title="No terminal yet">It appears here when somebody opens one.</EmptyState>
        ) : (
          <TerminalWorkspace attemptId={attempt.id} terminals={attempt.terminals} access="observe" />
        )}
      </div>
      {updates !== undefined && side === 'status' && (
        <div className={styles['told']} role="region" aria-label="Status" tabIndex={0}>
          <StatusTab attempt={attempt} updates={updates} />
        </div>
      )}
    </>
  );
}

function Steering({ attempt }: { readonly attempt: AttemptView }) {
  const entry = useRoster().data?.find((candidate) => candidate.attempt.id === attempt.id);
  return (
    <>
      {entry !== undefined && <FaultMenu entry={entry} />}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconMessage size={15} aria-hidden />}
        onClick={() => {
          openMessageForm(attempt);
        }}
      >
        Message
      </Button>
    </>
  );
}
