import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { asApiError } from '../api/api-error.ts';
import styles from './error-notice.module.css';

interface Props {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly retryLabel?: string;
}

/** What went wrong, and what to do next: the shape of every failure on every page. */
export function ErrorNotice({ error: thrown, onRetry, retryLabel = 'Try again' }: Props) {
  const error = asApiError(thrown);
  return (
    <div role="alert" className={styles['notice']}>
      <IconAlertTriangle size={20} aria-hidden className={styles['icon']} />
      <div className={styles['body']}>
        <p className={styles['message']}>{error.message}</p>
        <p className={styles['remedy']}>{error.remedy}</p>
        {error.issues.length > 0 && (
          <ul className={styles['issues']}>
            {error.issues.map((issue) => (
              <li key={`${issue.path} ${issue.message}`}>
                {issue.path === '' ? '' : <code>{issue.path}</code>} {issue.message}
              </li>
            ))}
          </ul>
        )}
        {error.requestId !== null && (
          <p className={styles['request']}>
            Request <code>{error.requestId}</code>
          </p>
        )}
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry} mt="xs">
            {retryLabel}
          </Button>
        )}
      </div>
    </div>
  );
}
