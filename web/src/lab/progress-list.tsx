import type { ProgressView } from '../../../server/contract/attempts.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { formatDuration } from '../parts/format.ts';
import { StatusIcon, type Tone } from '../parts/status-tag.tsx';
import { useNow } from '../parts/use-now.ts';
import styles from './progress-list.module.css';

const TONES: Record<ProgressView['state'], { readonly tone: Tone; readonly label: string }> = {
  started: { tone: 'busy', label: 'running' },
  done: { tone: 'pass', label: 'done' },
  failed: { tone: 'fail', label: 'failed' },
};

/** What is going on, in order, with how long each took; the one that runs counts up. */
export function ProgressList({ progress }: { readonly progress: readonly ProgressView[] }) {
  const nowMs = useNow(progress.some((item) => item.state === 'started') ? 200 : null);
  return (
    <ol className={styles['list']}>
      {progress.map((item) => {
        const { tone, label } = TONES[item.state];
        const tookMs = item.tookMs ?? (item.state === 'started' ? serverNowMs(nowMs) - Date.parse(item.at) : null);
        return (
          <li key={item.id} className={styles['item']} data-state={item.state}>
            <StatusIcon tone={tone} size={16} />
            <span className={styles['text']}>
              {item.text} <span className={styles['state']}>{item.state === 'failed' ? label : ''}</span>
            </span>
            {tookMs !== null && <span className={styles['took']}>{formatDuration(tookMs)}</span>}
          </li>
        );
      })}
    </ol>
  );
}
