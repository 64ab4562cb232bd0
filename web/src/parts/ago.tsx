import { serverNowMs } from '../api/server-clock.ts';
import { formatAgo, formatInstant } from './format.ts';
import { useNow } from './use-now.ts';

/** How long ago, refreshed every ten seconds; the exact moment on hover. */
export function Ago({ at }: { readonly at: string }) {
  const nowMs = useNow(10_000);
  const text = formatInstant(at, 'full');
  return (
    <time dateTime={at} title={`${text.local} · ${text.utc}`}>
      {formatAgo(serverNowMs(nowMs) - Date.parse(at))}
    </time>
  );
}
