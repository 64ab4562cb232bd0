import { Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import styles from './page.module.css';

interface Props {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly width?: 'narrow' | 'normal' | 'wide';
  readonly children: ReactNode;
}

/** The frame of every ordinary page: one heading, its actions, its content, and the title of the browser's tab. */
export function Page({ title, lead, actions, width = 'normal', children }: Props) {
  useDocumentTitle(title);
  return (
    <div className={styles['page']} data-width={width}>
      <header className={styles['head']}>
        <div className={styles['words']}>
          <Title order={1}>{title}</Title>
          {lead !== undefined && <p className={styles['lead']}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Drillhouse`;
  }, [title]);
}
