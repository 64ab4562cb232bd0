import { Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import styles from './drills.module.css';

interface Props {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One part of a drill's page, with its heading. */
export function Panel({ title, actions, children }: Props) {
  const id = useId();
  return (
    <section className={styles['panel']} aria-labelledby={id}>
      <header className={styles['panelHead']}>
        <Title order={2} id={id} className={styles['panelTitle'] ?? ''}>
          {title}
        </Title>
        {actions}
      </header>
      {children}
    </section>
  );
}
