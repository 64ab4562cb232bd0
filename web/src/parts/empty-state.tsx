import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

interface Props {
  readonly title: string;
  /** What to do about it. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

export function EmptyState({ title, children, action }: Props) {
  return (
    <div className={styles['empty']}>
      <p className={styles['title']}>{title}</p>
      <p className={styles['text']}>{children}</p>
      {action}
    </div>
  );
}
