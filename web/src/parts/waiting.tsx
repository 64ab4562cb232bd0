import { Skeleton, VisuallyHidden } from '@mantine/core';
import styles from './waiting.module.css';

interface Props {
  /** What is awaited, for those who cannot see the bars: "the labs". */
  readonly what: string;
  readonly rows?: number;
  readonly rowHeight?: number;
}

/** Bars in the place of what comes; they appear only after 300 ms, so that a quick answer does not flicker. */
export function Waiting({ what, rows = 3, rowHeight = 72 }: Props) {
  return (
    <div role="status" className={styles['waiting']}>
      <VisuallyHidden>Loading {what}</VisuallyHidden>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={rowHeight} radius="sm" />
      ))}
    </div>
  );
}
