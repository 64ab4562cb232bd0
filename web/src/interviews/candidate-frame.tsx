import type { ReactNode } from 'react';
import { Brand } from '../shell/brand.tsx';
import styles from './interviews.module.css';

/** The frame of the pages that a candidate reads. */
export function CandidateFrame({ children }: { readonly children: ReactNode }) {
  return (
    <main className={styles['frame']}>
      <div className={styles['sheet']}>
        <Brand />
        {children}
      </div>
    </main>
  );
}
