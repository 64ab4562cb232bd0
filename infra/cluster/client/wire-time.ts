/** Milliseconds since the epoch of a time as the API writes it; undefined where the field is empty or no time. */
export function parseTime(time: string | null | undefined): number | undefined {
  if (time === undefined || time === null) return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}
