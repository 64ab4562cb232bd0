import { Button, Title } from '@mantine/core';
import { IconBulb, IconLock } from '@tabler/icons-react';
import type { StepView } from '../../../server/contract/attempts.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { formatCountdown } from '../parts/format.ts';
import { useNow } from '../parts/use-now.ts';
import styles from './hint-list.module.css';
import { StepMarkdown } from './step-markdown.tsx';

type HintView = StepView['hints'][number];

interface Props {
  readonly hints: readonly HintView[];
  /** Counted from 0; null while none is being unlocked. */
  readonly unlocking: number | null;
  /** Absent for observers. */
  readonly onUnlock?: ((hint: number) => void) | undefined;
}

export function HintList({ hints, unlocking, onUnlock }: Props) {
  if (hints.length === 0) return null;
  return (
    <section className={styles['hints']} aria-label="Hints">
      <Title order={3}>Hints</Title>
      <p className={styles['note']}>Hints that you open are noted in your result.</p>
      <ol className={styles['list']}>
        {hints.map((hint, index) => (
          <li key={hint.title} className={styles['hint']}>
            <span className={styles['title']}>
              <IconBulb size={16} aria-hidden /> {hint.title}
            </span>
            {hint.unlocked ? (
              <div className={styles['text']}>{hint.markdown !== null && <StepMarkdown markdown={hint.markdown} />}</div>
            ) : (
              onUnlock !== undefined && (
                <UnlockButton
                  hint={hint}
                  busy={unlocking === index}
                  onUnlock={() => {
                    onUnlock(index);
                  }}
                />
              )
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function UnlockButton({ hint, busy, onUnlock }: { readonly hint: HintView; readonly busy: boolean; readonly onUnlock: () => void }) {
  const nowMs = useNow(hint.availableAt === null ? null : 1_000);
  const waitMs = hint.availableAt === null ? 0 : Date.parse(hint.availableAt) - serverNowMs(nowMs);
  if (waitMs > 0) {
    return (
      <span className={styles['locked']}>
        <IconLock size={14} aria-hidden /> Opens in <span className={styles['wait']}>{formatCountdown(waitMs)}</span>
      </span>
    );
  }
  return (
    <Button size="compact-xs" variant="default" loading={busy} onClick={onUnlock} aria-label={`Show the hint: ${hint.title}`}>
      Show the hint
    </Button>
  );
}
