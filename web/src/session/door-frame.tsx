import type { ReactNode } from 'react';
import { Brand } from '../shell/brand.tsx';
import styles from './door-frame.module.css';

/** The frame of the pages before sign-in. */
export function DoorFrame({ children }: { readonly children: ReactNode }) {
  return (
    <main className={styles['door']}>
      <div className={styles['card']}>
        <Brand />
        {children}
      </div>
    </main>
  );
}
