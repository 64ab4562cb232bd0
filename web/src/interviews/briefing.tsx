import { Button, Checkbox, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { CandidateView } from '../../../server/contract/interviews.ts';
import type { Me } from '../../../server/contract/session.ts';
import { enterInterview } from '../api/interviews-api.ts';
import { AI_WORDS } from '../lab/ai-words.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { useAdoptSession } from '../session/use-session.ts';
import { CandidateFrame } from './candidate-frame.tsx';
import styles from './interviews.module.css';

interface Props {
  readonly token: string;
  readonly view: CandidateView;
  /** Whoever is signed in here: staff cannot begin in a candidate's name. */
  readonly me: Me | null;
}

/** What will happen, how long, what is recorded and what rules hold; nothing begins before it was agreed to. */
export function Briefing({ token, view, me }: Props) {
  const adopt = useAdoptSession();
  const [agrees, setAgrees] = useState(false);
  const enter = useMutation({
    mutationFn: () => enterInterview(token, view.exercise.aiPolicy),
    onSuccess: ({ session }) => {
      adopt(session);
    },
  });
  const isRunning = view.state === 'running';
  const staff = me !== null && me.role !== 'candidate' ? me : null;
  return (
    <CandidateFrame>
      <Title order={1}>{isRunning ? 'Your interview is under way' : `Welcome, ${view.candidate}`}</Title>
      <p className={styles['lead']}>
        {isRunning
          ? 'It is not open in this browser. You can go on here; another browser that has it open is told so and lets go. Your sandbox is as you left it, and the clock has gone on.'
          : `${view.askedBy} invites you to an exercise: ${view.exercise.lab.title}.`}
      </p>
      <Facts view={view} />
      {staff !== null ? (
        <p className={styles['staff']} role="status">
          You are signed in as {staff.name} and see what the candidate will see. Only the candidate can begin: without being signed in, in
          another browser or a private window.
        </p>
      ) : (
        <div className={styles['consent']}>
          <Checkbox
            checked={agrees}
            onChange={(event) => {
              setAgrees(event.currentTarget.checked);
            }}
            label="I have read this, agree to what is recorded, and keep to the rules."
          />
          {enter.isError && <ErrorNotice error={enter.error} />}
          <Button
            size="md"
            disabled={!agrees}
            loading={enter.isPending}
            onClick={() => {
              enter.mutate();
            }}
          >
            {isRunning ? 'Go on here' : 'Begin'}
          </Button>
        </div>
      )}
    </CandidateFrame>
  );
}

function Facts({ view }: { readonly view: CandidateView }) {
  const { exercise, totalMinutes, extraMinutes, objectives, retainDays, showsResult } = view;
  return (
    <dl className={styles['facts']}>
      <Fact title="What you will do">
        {exercise.mode === 'incident'
          ? 'Something is broken in a running service. Find out what, restore it, and ask for the verdict. You work in terminals in this page; the cluster is yours alone, so you cannot harm anybody.'
          : 'You build a service step by step; then something breaks, and you restore it. You work in terminals in this page; the cluster is yours alone, so you cannot harm anybody.'}
        {view.hasArtefacts && ' Part of it is written: a tab beside the terminals says what, and it counts.'}
        {view.asksStatus && ' Others want to hear how it goes: you write status updates on the way.'}
        {exercise.mode === 'guided' && objectives.length > 0 && (
          <ul>
            {objectives.map((objective) => (
              <li key={objective}>{objective}</li>
            ))}
          </ul>
        )}
      </Fact>
      <Fact title="How long">
        {countOf(totalMinutes, 'minute')} at most{extraMinutes > 0 && `, ${countOf(extraMinutes, 'minute')} of them extra time for you`}.
        The clock starts when everything is set up, and stands still when the platform fails. When you are done sooner, ask for the verdict.
        {view.state === 'waiting' && (
          <>
            {' '}
            Begin by <Instant at={view.expiresAt} />.
          </>
        )}
      </Fact>
      <Fact title="What rules hold">
        {AI_WORDS[exercise.aiPolicy].rule} Hints are there if you are stuck, and are noted. There is one attempt; if your connection or your
        machine fails, open the link again and go on.
      </Fact>
      <Fact title="What is recorded">
        What the terminals show, what you write, which hints you open, and what an automatic grader finds in your cluster. Those who
        interview you can watch while you work. No camera, no microphone, nothing else of your machine.
      </Fact>
      <Fact title="What becomes of it">
        Your name and the recordings are erased {countOf(retainDays, 'day')} after the end, or sooner if you ask {view.askedBy} for it. What
        remains leads to nobody: the grader&apos;s findings, under an alias.{' '}
        {showsResult ? 'You see the verdict at once.' : 'You hear of the outcome from those who interview you.'}
      </Fact>
    </dl>
  );
}

function Fact({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
