import type { UseMutationResult } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Readiness, ReadinessAnswers } from '../../../server/contract/readiness.ts';
import { saveAnswer, submitReadiness } from '../api/training-api.ts';
import { notifyError } from '../parts/notify.ts';
import { useAct } from '../parts/use-act.ts';

interface Answering {
  /** What the page shows, which may be ahead of what has arrived. */
  readonly answers: ReadinessAnswers;
  /** Questions that were open when the person wanted to finish. */
  readonly missing: ReadonlySet<string>;
  readonly choose: (question: string, options: readonly string[]) => void;
  readonly submit: UseMutationResult<Readiness, Error, undefined>;
}

/** Answers are sent one after the other, so that the last click on a question is the one that is kept. */
export function useAnswers(readiness: Readiness, adopt: (readiness: Readiness) => void): Answering {
  const [answers, setAnswers] = useState<ReadinessAnswers>(readiness.answers);
  const [missing, setMissing] = useState<ReadonlySet<string>>(new Set());
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const { version, questions } = readiness;
  const submit = useAct<undefined, Readiness>(
    async () => {
      const open = questions.filter(({ id }) => (answers[id] ?? []).length === 0).map(({ id }) => id);
      setMissing(new Set(open));
      if (open[0] !== undefined) document.getElementById(`question-${open[0]}`)?.scrollIntoView({ block: 'start' });
      await queue.current;
      return submitReadiness();
    },
    {
      onDone: (next) => {
        adopt(next);
        return undefined;
      },
    },
  );
  const choose = (question: string, options: readonly string[]): void => {
    setAnswers({ ...answers, [question]: [...options] });
    setMissing(new Set([...missing].filter((id) => id !== question)));
    queue.current = queue.current.then(() => saveAnswer({ version, question, options })).then(adopt, notifyError);
  };
  return { answers, missing, choose, submit };
}
