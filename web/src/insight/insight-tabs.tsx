import { NavLink } from 'react-router';
import { useMe } from '../session/me.ts';
import styles from './insight.module.css';

const TABS = [
  { path: '/skills', label: 'Skills', forTrainees: true },
  { path: '/skills/due', label: 'Due', forTrainees: true },
  { path: '/skills/on-call', label: 'On call', forTrainees: true },
  { path: '/skills/items', label: 'Item quality', forTrainees: false },
] as const;

/** The pages that belong together, below their heading. */
export function InsightTabs() {
  const { role } = useMe();
  return (
    <nav aria-label="Skills" className={styles['tabs']}>
      {TABS.filter(({ forTrainees }) => forTrainees || role !== 'trainee').map(({ path, label }) => (
        <NavLink key={path} to={path} end className={styles['tab'] ?? ''}>
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
