import { useEffect, useRef } from 'react';
import { isRunning } from '../lab/attempt-cache.ts';
import { AttemptPending, OwnLab } from '../lab/lab-page.tsx';
import { useAttempt } from '../lab/use-attempt.ts';
import { useGlobalShortcuts } from '../shell/use-global-shortcuts.ts';

interface Props {
  readonly attemptId: string;
  /** Called once, when there is nothing left to do. */
  readonly onOver: () => void;
}

export function CandidateLab({ attemptId, onOver }: Props) {
  useGlobalShortcuts();
  const attempt = useAttempt(attemptId);
  const isOver = attempt.data !== undefined && !isRunning(attempt.data);
  const tell = useRef(onOver);
  useEffect(() => {
    tell.current = onOver;
  });
  useEffect(() => {
    if (isOver) tell.current();
  }, [isOver]);
  if (attempt.data === undefined) return <AttemptPending attempt={attempt} />;
  return <OwnLab attempt={attempt.data} />;
}
