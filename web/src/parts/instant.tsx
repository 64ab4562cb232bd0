import { formatInstant } from './format.ts';

interface Props {
  /** RFC 3339. */
  readonly at: string;
  readonly style?: 'time' | 'full' | 'day';
}

/** A moment in the reader's zone, with UTC on hover. */
export function Instant({ at, style = 'full' }: Props) {
  const text = formatInstant(at, style);
  return (
    <time dateTime={at} title={text.utc}>
      {text.local}
    </time>
  );
}
