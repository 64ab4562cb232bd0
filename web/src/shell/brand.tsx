import styles from './brand.module.css';

export function Brand() {
  return (
    <span className={styles['brand']}>
      <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <rect width="32" height="32" rx="7" className={styles['ground']} />
        <path d="M7 14.5 16 7l9 7.5V25H7z" className={styles['line']} />
        <path d="m12 16 3 2.6-3 2.6M17 21.4h4" className={styles['line']} />
      </svg>
      Drillhouse
    </span>
  );
}
