import { DAY_MS } from '../clock.ts';
import type { Definition } from './definition.ts';

/** Months are those of the calendar, in UTC; the last day of a month stays within the month it leads to. */
export function planExpiry(issuedAtMs: number, validMonths: number | undefined): number | null {
  if (validMonths === undefined) return null;
  const issued = new Date(issuedAtMs);
  const expiry = new Date(issuedAtMs);
  expiry.setUTCMonth(issued.getUTCMonth() + validMonths);
  if (expiry.getUTCDate() !== issued.getUTCDate()) expiry.setUTCDate(0);
  return expiry.getTime();
}

export interface Validity {
  readonly validUntilMs: number | null;
  readonly revokedAtMs: number | null;
}

/** Revoked counts over expired: it was taken back, whatever the calendar says. */
export function stateOf({ validUntilMs, revokedAtMs }: Validity, nowMs: number): 'valid' | 'expired' | 'revoked' {
  if (revokedAtMs !== null) return 'revoked';
  return validUntilMs !== null && nowMs >= validUntilMs ? 'expired' : 'valid';
}

export interface Renewal {
  readonly opensAtMs: number;
  readonly open: boolean;
  /** The reminders that are due by now, as days before the expiry; the nearest last. */
  readonly dueReminders: readonly number[];
}

/** When it may be renewed: from the window's start on, also after it has expired, never once revoked. Null: it needs no renewal. */
export function planRenewal(validity: Validity, renewal: Definition['renewal'], nowMs: number): Renewal | null {
  const { validUntilMs, revokedAtMs } = validity;
  if (validUntilMs === null || renewal === undefined || revokedAtMs !== null) return null;
  const opensAtMs = validUntilMs - renewal.opensDaysBefore * DAY_MS;
  return {
    opensAtMs,
    open: nowMs >= opensAtMs,
    dueReminders: renewal.remindDaysBefore.filter((days) => nowMs >= validUntilMs - days * DAY_MS).sort((a, b) => b - a),
  };
}
