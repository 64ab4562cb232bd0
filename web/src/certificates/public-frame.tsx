import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Brand } from '../shell/brand.tsx';
import styles from './badge.module.css';

/** The frame of the pages that anybody may open. */
export function PublicFrame({ children }: { readonly children: ReactNode }) {
  return (
    <div className={styles['frame']}>
      <header className={styles['bar']}>
        <Link to="/" aria-label="Drillhouse, start page" className={styles['home']}>
          <Brand />
        </Link>
        <Link to="/verify">Verify a badge</Link>
      </header>
      <main className={styles['main']}>{children}</main>
    </div>
  );
}
