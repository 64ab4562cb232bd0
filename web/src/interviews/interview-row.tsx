import { Button, Checkbox, Menu } from '@mantine/core';
import { Link } from 'react-router';
import type { InterviewView } from '../../../server/contract/interviews.ts';
import { AI_WORDS } from '../lab/ai-words.ts';
import table from '../parts/data-table.module.css';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { OUTCOMES } from '../result/result-words.ts';
import { candidateName, INTERVIEW_STATES } from './interview-words.ts';
import styles from './interviews.module.css';
import { useInterviewActions } from './use-interview-actions.tsx';

interface Props {
  readonly interview: InterviewView;
  readonly isChosen: boolean;
  readonly onToggle: (id: string) => void;
}

export function InterviewRow({ interview, isChosen, onToggle }: Props) {
  const name = candidateName(interview);
  const { exercise, attempt, state } = interview;
  const outcome = attempt?.outcome ?? null;
  return (
    <tr data-testid="interview" data-state={state}>
      <td>
        <Checkbox
          size="xs"
          checked={isChosen}
          disabled={attempt === null}
          aria-label={`Choose ${name}`}
          onChange={() => {
            onToggle(interview.id);
          }}
        />
      </td>
      <td data-label="Candidate">
        <span>
          {name}
          {interview.candidate !== null && (
            <>
              <br />
              <span className={styles['quiet']}>elsewhere {interview.alias}</span>
            </>
          )}
        </span>
      </td>
      <td data-label="Exercise">
        <span>
          {exercise.lab.title}
          <br />
          <span className={styles['quiet']}>{describeExercise(interview)}</span>
        </span>
      </td>
      <td data-label="State">
        <span>
          <StatusTag tone={INTERVIEW_STATES[state].tone}>{INTERVIEW_STATES[state].label}</StatusTag>{' '}
          {outcome !== null && <StatusTag tone={OUTCOMES[outcome].tone}>{OUTCOMES[outcome].label}</StatusTag>}
          {interview.problem !== null && <span className={styles['quiet']}> {interview.problem}</span>}
        </span>
      </td>
      <td data-label="Until" className={table['quiet']}>
        <Instant at={interview.expiresAt} style="day" />
      </td>
      <td data-label="Kept until" className={table['quiet']}>
        {interview.erasedAfter === null ? '–' : <Instant at={interview.erasedAfter} style="day" />}
      </td>
      <td>
        <div className={table['actions']}>
          {attempt !== null && state === 'running' && (
            <Button component={Link} to={`/roster/${attempt.id}`} size="compact-xs" aria-label={`Watch ${name}`}>
              Watch
            </Button>
          )}
          {outcome !== null && (
            <Button
              component={Link}
              to={`/interviews/review?ids=${interview.id}`}
              size="compact-xs"
              variant="default"
              aria-label={`Review ${name}`}
            >
              Review
            </Button>
          )}
          <MoreMenu interview={interview} name={name} />
        </div>
      </td>
    </tr>
  );
}

function describeExercise({ exercise, extraTime, hasArtefacts }: InterviewView): string {
  return [
    exercise.mode === 'incident' ? 'Mock incident' : 'Guided, then an incident',
    exercise.fault?.title ?? 'fault by the seed',
    `${exercise.minutes} min`,
    ...(extraTime.percent + extraTime.minutes > 0 ? [`extra time ${extraTime.percent} % and ${extraTime.minutes} min`] : []),
    AI_WORDS[exercise.aiPolicy].short,
    ...(hasArtefacts ? ['with something written'] : []),
  ].join(' · ');
}

function MoreMenu({ interview, name }: { readonly interview: InterviewView; readonly name: string }) {
  const actions = useInterviewActions(interview);
  const isOpen = interview.state === 'waiting' || interview.state === 'running';
  if (interview.state === 'erased') return null;
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button size="compact-xs" variant="default" aria-label={`More for ${name}`}>
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {isOpen && <Menu.Item onClick={actions.askRenew}>New link</Menu.Item>}
        {isOpen && (
          <Menu.Item color="red" onClick={actions.askRevoke}>
            Call it off
          </Menu.Item>
        )}
        {interview.state !== 'running' && (
          <Menu.Item color="red" onClick={actions.askErase}>
            Erase what is personal
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
