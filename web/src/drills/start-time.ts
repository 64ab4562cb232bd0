import { formatInstant } from '../parts/format.ts';

const MINUTE_MS = 60_000;

/** What somebody typed as a time of theirs, and what it is for everybody else. */
export interface StartTime {
  /** RFC 3339. */
  readonly instant: string;
  /** In the reader's words and in UTC, so that people elsewhere can be told. */
  readonly words: string;
}

/**
 * A local time such as `2027-03-28T02:30` in a zone. Where clocks go forward some times are not there: the one after the gap is meant, and the words say so. Where
 * they go back some come twice: the first is meant. Undefined: no time. Pure.
 */
export function readStartTime(local: string, timeZone: string, locale?: string): StartTime | undefined {
  const asUtcMs = Date.parse(`${local}Z`);
  if (local === '' || Number.isNaN(asUtcMs)) return undefined;
  const offsetsMs = [-1, 1].map((days) => offsetMs(asUtcMs + days * 24 * 60 * MINUTE_MS, timeZone));
  const [before = 0, after = 0] = offsetsMs;
  const candidates = [asUtcMs - before, asUtcMs - after].filter((ms) => ms + offsetMs(ms, timeZone) === asUtcMs);
  const isThere = candidates.length > 0;
  const ms = isThere ? Math.min(...candidates) : asUtcMs - before;
  const instant = new Date(ms).toISOString();
  const { local: words, utc } = formatInstant(instant, 'full', locale, timeZone);
  const skipped = isThere ? '' : ` The clocks go forward: ${local.slice(11, 16)} is not there on that day.`;
  return { instant, words: `${words} ${zoneName(ms, timeZone, locale)}, ${utc.slice(0, 16)} UTC.${skipped}` };
}

/** How far the zone's clocks are ahead of UTC at that moment. */
function offsetMs(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((known) => known.type === type)?.value);
  const localMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return localMs - Math.floor(ms / 1000) * 1000;
}

function zoneName(ms: number, timeZone: string, locale: string | undefined): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'long' }).formatToParts(ms);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}
