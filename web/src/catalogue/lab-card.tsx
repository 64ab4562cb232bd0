import { Button, Title } from '@mantine/core';
import { IconClock, IconFlame, IconSparkles, IconUsers } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import type { LabView } from '../../../server/contract/labs.ts';
import { startAttempt } from '../api/attempts-api.ts';
import { AI_WORDS } from '../lab/ai-words.ts';
import { countOf } from '../parts/format.ts';
import { notifyError } from '../parts/notify.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import { mayInstruct } from '../session/permissions.ts';
import styles from './catalogue.module.css';
import { FaultChoice } from './fault-choice.tsx';

const TRACK_LABELS: Record<LabView['tracks'][number], string> = {
  administrator: 'Administrators',
  'platform-engineer': 'Platform engineers',
  'technical-lead': 'Technical leads',
};

export function LabCard({ lab }: { readonly lab: LabView }) {
  return (
    <article className={styles['lab']} aria-labelledby={`lab-${lab.slug}`}>
      <div className={styles['labWords']}>
        <div className={styles['labHead']}>
          <Title order={2} id={`lab-${lab.slug}`}>
            {lab.title}
          </Title>
          <LabState lab={lab} />
        </div>
        <p className={styles['summary']}>{lab.summary}</p>
        <ul className={styles['facts']}>
          <li>{capitalise(lab.level)}</li>
          <li>
            <IconClock size={15} aria-hidden /> {lab.minutes} min guided
          </li>
          <li>
            <IconFlame size={15} aria-hidden /> {lab.incidentMinutes} min incident
          </li>
          <li>{countOf(lab.steps.length, 'step')}</li>
          <li>Pass at {lab.passMark} of 100</li>
          <li>
            <IconSparkles size={15} aria-hidden /> {AI_WORDS[lab.aiPolicy].label}
          </li>
          {lab.tracks.length > 0 && <li>{lab.tracks.map((track) => TRACK_LABELS[track]).join(', ')}</li>}
        </ul>
        <details className={styles['more']}>
          <summary>What you will do</summary>
          <ul>
            {lab.objectives.map((objective) => (
              <li key={objective}>{objective}</li>
            ))}
          </ul>
        </details>
      </div>
      <LabActions lab={lab} />
    </article>
  );
}

function LabState({ lab: { mine } }: { readonly lab: LabView }) {
  if (mine.runningAttemptId !== null) return <StatusTag tone="accent">Running</StatusTag>;
  if (mine.passed) return <StatusTag tone="pass">Passed{mine.bestScore === null ? '' : ` · ${mine.bestScore}`}</StatusTag>;
  if (mine.attempts > 0) return <StatusTag tone="warn">Tried{mine.bestScore === null ? '' : ` · best ${mine.bestScore}`}</StatusTag>;
  return <StatusTag tone="quiet">New to you</StatusTag>;
}

function LabActions({ lab }: { readonly lab: LabView }) {
  const me = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [fault, setFault] = useState('');
  const enter = (attempt: AttemptView): undefined => {
    client.setQueryData(['attempt', attempt.id], attempt);
    void client.invalidateQueries({ queryKey: ['labs'] });
    void client.invalidateQueries({ queryKey: ['attempts'] });
    void navigate(`/attempts/${attempt.id}`);
  };
  const inviteTeam = async (): Promise<void> => {
    (await import('../incident/team-form.tsx')).openTeamForm({ lab, fault, onStarted: enter });
  };
  const start = useAct(
    (mode: 'guided' | 'incident') => startAttempt({ lab: lab.slug, mode, acknowledges: lab.aiPolicy, ...(fault === '' ? {} : { fault }) }),
    {
      onDone: enter,
      // It may be running in another tab; then the way back to it is shown.
      onFailed: () => void client.invalidateQueries({ queryKey: ['labs'] }),
    },
  );
  if (lab.mine.runningAttemptId !== null) {
    return (
      <div className={styles['labActions']}>
        <Button component={Link} to={`/attempts/${lab.mine.runningAttemptId}`}>
          Go back to it
        </Button>
        <p className={styles['hint']}>Your sandbox and your shells are as you left them.</p>
      </div>
    );
  }
  return (
    <div className={styles['labActions']}>
      {lab.faults.length > 0 && mayInstruct(me.role) && <FaultChoice faults={lab.faults} value={fault} onChange={setFault} />}
      <Button
        loading={start.isPending && start.variables === 'guided'}
        disabled={start.isPending}
        onClick={() => {
          start.mutate('guided');
        }}
      >
        Start guided
      </Button>
      <Button
        variant="default"
        loading={start.isPending && start.variables === 'incident'}
        disabled={start.isPending}
        onClick={() => {
          start.mutate('incident');
        }}
      >
        Start the incident
      </Button>
      {lab.team.length > 0 && (
        <Button
          variant="default"
          disabled={start.isPending}
          leftSection={<IconUsers size={16} aria-hidden />}
          onClick={() => void inviteTeam().catch(notifyError)}
        >
          Start as a team
        </Button>
      )}
      <p className={styles['hint']}>Guided builds it with you first. The incident starts with it broken.</p>
      <p className={styles['hint']}>By starting you agree to this rule: {AI_WORDS[lab.aiPolicy].rule}</p>
    </div>
  );
}

const capitalise = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
