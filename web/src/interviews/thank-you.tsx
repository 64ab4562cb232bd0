import { Button, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CandidateView } from '../../../server/contract/interviews.ts';
import { openDeclaration } from '../lab/ai-declaration-form.tsx';
import { countOf } from '../parts/format.ts';
import { StatusIcon, StatusTag } from '../parts/status-tag.tsx';
import { OUTCOMES, VERDICTS } from '../result/result-words.ts';
import { CandidateFrame } from './candidate-frame.tsx';
import styles from './interviews.module.css';

/** The end: thanks, what becomes of it, and the verdict where that was agreed. */
export function ThankYou({ view, isHere }: { readonly view: CandidateView; readonly isHere: boolean }) {
  return (
    <CandidateFrame>
      <div data-testid="thank-you">
        <Title order={1}>Thank you, {view.candidate}</Title>
        <p className={styles['lead']}>
          The interview is over, and your work is with {view.askedBy}. There is nothing left to do; you can close this page. Your name and
          the recordings are erased after {countOf(view.retainDays, 'day')}, or sooner if you ask for it.
        </p>
      </div>
      {isHere && view.attemptId !== null && !view.isDeclared && view.exercise.aiPolicy !== 'none' && (
        <Declare attemptId={view.attemptId} view={view} />
      )}
      {view.result !== null && <Verdict result={view.result} />}
    </CandidateFrame>
  );
}

/** When time ran out there was no moment to ask. */
function Declare({ attemptId, view }: { readonly attemptId: string; readonly view: CandidateView }) {
  const client = useQueryClient();
  const [done, setDone] = useState(false);
  if (done) return null;
  return (
    <div className={styles['staff']}>
      <p>You have not said yet what AI assistants were used for.</p>
      <Button
        size="xs"
        onClick={() => {
          openDeclaration({
            attemptId,
            policy: view.exercise.aiPolicy,
            onDeclared: () => {
              setDone(true);
              void client.invalidateQueries({ queryKey: ['session', 'interview'] });
            },
          });
        }}
      >
        Declare it
      </Button>
    </div>
  );
}

function Verdict({ result }: { readonly result: NonNullable<CandidateView['result']> }) {
  const { tone, label } = OUTCOMES[result.outcome];
  return (
    <section className={styles['verdict']} data-testid="result" data-outcome={result.outcome} aria-label="The verdict">
      <p className={styles['answer']}>
        <StatusIcon tone={tone} size={24} />
        <span>
          <strong>{label}.</strong> {result.headline}
          {result.score !== null && ` ${result.score} of 100.`}
        </span>
      </p>
      <ul className={styles['checks']}>
        {result.checks.map((check) => (
          <li key={check.id}>
            <StatusTag tone={VERDICTS[check.verdict].tone}>{VERDICTS[check.verdict].label}</StatusTag>
            <span>
              {check.title}
              {check.reason !== null && <span className={styles['reason']}> {check.reason}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
