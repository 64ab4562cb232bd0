import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconHelpCircle,
  IconLoader2,
  type TablerIcon,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import styles from './status-tag.module.css';

export type Tone = 'pass' | 'fail' | 'warn' | 'accent' | 'quiet' | 'unsure' | 'busy';

const ICONS: Record<Tone, TablerIcon> = {
  pass: IconCircleCheck,
  fail: IconCircleX,
  warn: IconAlertTriangle,
  accent: IconCircleDashed,
  quiet: IconCircleDashed,
  unsure: IconHelpCircle,
  busy: IconLoader2,
};

/** A shape and a word besides the colour, since colour alone tells some people nothing. */
export function StatusTag({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={styles['tag']} data-tone={tone}>
      <StatusIcon tone={tone} size={14} />
      {children}
    </span>
  );
}

/** The shape alone; the word must stand beside it. */
export function StatusIcon({ tone, size = 18 }: { readonly tone: Tone; readonly size?: number }) {
  const Icon = ICONS[tone];
  return <Icon size={size} aria-hidden className={styles['icon']} data-tone={tone} />;
}
