/** How numbers, times and sizes are written everywhere; all pure, the reader's locale by default. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time as people say it: `0.04 s`, `3.2 s`, `45 s`, `5 min`, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 100) return `${(ms / SECOND_MS).toFixed(2)} s`;
  if (ms < 10 * SECOND_MS - 50) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS - 500) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS - 500) {
    const seconds = Math.round(ms / SECOND_MS);
    return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  }
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 24 * 60) return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  return `${Math.floor(ms / DAY_MS)} d ${Math.floor((ms % DAY_MS) / HOUR_MS)} h`;
}

/** A countdown: `4:05`, `1:02:09`; never below zero. Rounds up, so that 0:00 means over. */
export function formatCountdown(remainingMs: number): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / SECOND_MS));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** How long ago, coarsely: `just now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(agoMs: number): string {
  if (agoMs < 10 * SECOND_MS) return 'just now';
  if (agoMs < MINUTE_MS) return `${Math.floor(agoMs / SECOND_MS)} s ago`;
  if (agoMs < HOUR_MS) return `${Math.floor(agoMs / MINUTE_MS)} min ago`;
  if (agoMs < DAY_MS) return `${Math.floor(agoMs / HOUR_MS)} h ago`;
  return `${Math.floor(agoMs / DAY_MS)} d ago`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Binary units, three figures: `0 B`, `512 B`, `1.50 KiB`, `768 MiB`. */
export function formatBytes(bytes: number, locale?: string): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${BYTE_UNITS[unit] ?? 'B'}`;
}

/** Thousands separators and at most `digits` decimals. */
export function formatNumber(value: number, digits = 0, locale?: string): string {
  return value.toLocaleString(locale, { maximumFractionDigits: digits });
}

export interface InstantText {
  /** In the reader's zone. */
  readonly local: string;
  /** For the hover: `2026-11-21 09:30:05 UTC`. */
  readonly utc: string;
}

/**
 * @param instant RFC 3339
 * @param style `time` leaves the date out, for events within one attempt; `day` leaves the time out
 */
export function formatInstant(instant: string, style: 'time' | 'full' | 'day', locale?: string, timeZone?: string): InstantText {
  const date = new Date(instant);
  const zone = timeZone === undefined ? {} : { timeZone };
  const local =
    style === 'time'
      ? date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', ...zone })
      : date.toLocaleString(locale, {
          year: 'numeric',
          month: 'short',
          day: 'numeric',
          ...(style === 'day' ? {} : { hour: '2-digit', minute: '2-digit' }),
          ...zone,
        });
  return { local, utc: `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC` };
}

/** `1 check`, `3 checks`. */
export function countOf(count: number, singular: string, plural = `${singular}s`, locale?: string): string {
  return `${formatNumber(count, 0, locale)} ${count === 1 ? singular : plural}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
