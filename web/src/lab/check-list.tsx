import { Button, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import type { CheckView } from '../../../server/contract/attempts.ts';
import { Ago } from '../parts/ago.tsx';
import { StatusIcon, type Tone } from '../parts/status-tag.tsx';
import styles from './check-list.module.css';

const STATES: Record<CheckView['state'], { readonly tone: Tone; readonly label: string }> = {
  unknown: { tone: 'quiet', label: 'Not looked at yet' },
  pass: { tone: 'pass', label: 'Passes' },
  fail: { tone: 'fail', label: 'Not yet' },
  inconclusive: { tone: 'unsure', label: 'Could not look' },
};

interface Props {
  readonly checks: readonly CheckView[];
  readonly checking: boolean;
  /** Absent for observers. */
  readonly onCheckNow?: (() => void) | undefined;
}

/** The checks of one step, which tick by themselves; each opens to why and what was seen. */
export function CheckList({ checks, checking, onCheckNow }: Props) {
  if (checks.length === 0) return null;
  const passing = checks.filter((check) => check.state === 'pass').length;
  return (
    <section className={styles['checks']} aria-label="Checks">
      <header className={styles['head']}>
        <Title order={3}>Checks</Title>
        <span role="status" className={styles['count']}>
          {passing} of {checks.length} pass
        </span>
        {onCheckNow !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            loading={checking}
            leftSection={<IconRefresh size={14} aria-hidden />}
            onClick={onCheckNow}
          >
            Check now
          </Button>
        )}
      </header>
      <ul className={styles['list']}>
        {checks.map((check) => (
          <li key={check.id} data-testid="check" data-check={check.id} data-state={check.state}>
            <Check check={check} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Check({ check }: { readonly check: CheckView }) {
  const { tone, label } = STATES[check.state];
  return (
    <details className={styles['check']}>
      <summary>
        <StatusIcon tone={tone} />
        <span className={styles['title']}>{check.title}</span>
        <span className={styles['state']} data-tone={tone}>
          {label}
        </span>
      </summary>
      <div className={styles['why']}>
        {check.reason !== null && <p className={styles['reason']}>{check.reason}</p>}
        {check.seen.length > 0 && (
          <>
            <p className={styles['caption']}>What was seen</p>
            <ul className={styles['seen']}>
              {check.seen.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </>
        )}
        <p className={styles['explain']}>{check.explain}</p>
        {check.checkedAt !== null && (
          <p className={styles['when']}>
            Looked at <Ago at={check.checkedAt} />
          </p>
        )}
      </div>
    </details>
  );
}
