import { goQuote } from './go-format.ts';

/** A text that is no time or duration; the message is that of Go's time package. */
export class TimeFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TimeFormatError';
  }
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** Times that were read, by their text: an object's few come by again at every write of it. */
const readTimes = new Map<string, string>();
const MAX_READ_TIMES = 1_000;

/** A Time as the API gives it back: whole seconds, UTC. The empty text is no time (null). */
export function canonicalTime(text: string): string | null {
  if (text === '') return null;
  const known = readTimes.get(text);
  if (known !== undefined) return known;
  const canonical = timeText(epochMs(text, '2006-01-02T15:04:05Z07:00'));
  if (readTimes.size >= MAX_READ_TIMES) readTimes.clear();
  readTimes.set(text, canonical);
  return canonical;
}

/** A MicroTime as the API gives it back: six decimals, UTC. */
export function canonicalMicroTime(text: string): string | null {
  if (text === '') return null;
  const layout = '2006-01-02T15:04:05.000000Z07:00';
  const ms = epochMs(text, layout);
  const fraction = rfc3339.exec(text)?.[7];
  if (fraction === undefined) throw new TimeFormatError(parseMessage(text, layout, text.slice(19), '.000000'));
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`;
}

function epochMs(text: string, layout: string): number {
  const match = rfc3339.exec(text);
  if (match === null) {
    const { rest, expected } = firstFault(text, layout);
    throw new TimeFormatError(parseMessage(text, layout, rest, expected));
  }
  const ms = Date.parse(`${text.slice(0, 19)}${match[8] ?? 'Z'}`);
  if (Number.isNaN(ms)) throw new TimeFormatError(`parsing time ${goQuote(text)}: ${outOfRange(match)} out of range`);
  return ms;
}

function outOfRange(match: RegExpExecArray): string {
  const limits: [number, string][] = [
    [12, 'month'],
    [31, 'day'],
    [23, 'hour'],
    [59, 'minute'],
    [59, 'second'],
  ];
  return limits.find(([limit], index) => Number(match[index + 2]) > limit)?.[1] ?? 'day';
}

function parseMessage(text: string, layout: string, rest: string, expected: string): string {
  return `parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(expected)}`;
}

const layoutParts: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d(?:\.\d+)?/, '05'],
  [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
];

function firstFault(text: string, _layout: string): { rest: string; expected: string } {
  let rest = text;
  for (const [pattern, expected] of layoutParts) {
    const match = pattern.exec(rest);
    if (match === null) return { rest, expected };
    rest = rest.slice(match[0].length);
  }
  return { rest, expected: '' };
}

/** `2026-11-21T03:00:12Z`: how the API writes a time. */
export function timeText(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-21T03:00:12.345000Z`: how the API writes a MicroTime. */
export function microTimeText(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 23)}000Z`;
}

const unitNs: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Parses a Go duration such as `1h30m` into milliseconds. */
export function parseDurationMs(text: string): number {
  return durationNs(text) / 1e6;
}

function durationNs(text: string): number {
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0;
  if (body === '') throw new TimeFormatError(`time: invalid duration ${goQuote(text)}`);
  let total = 0;
  let rest = body;
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([a-zµμ]*)/.exec(rest);
    const [all = '', whole = '', fraction = '', unit = ''] = match ?? [];
    if (all === '' || (whole === '' && fraction === '')) throw new TimeFormatError(`time: invalid duration ${goQuote(text)}`);
    if (unit === '') throw new TimeFormatError(`time: missing unit in duration ${goQuote(text)}`);
    const ns = unitNs[unit];
    if (ns === undefined) throw new TimeFormatError(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(`${whole || '0'}.${fraction || '0'}`) * ns;
    rest = rest.slice(all.length);
  }
  return text.startsWith('-') ? -total : total;
}

/** A duration as Go prints it: `1m30s`. */
export function canonicalDuration(text: string): string {
  const ns = durationNs(text);
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const abs = Math.abs(ns);
  if (abs < 1e9) {
    const unit = abs < 1e3 ? 'ns' : abs < 1e6 ? 'µs' : 'ms';
    return `${sign}${abs / (unitNs[unit] ?? 1)}${unit}`;
  }
  const hours = Math.floor(abs / 3600e9);
  const minutes = Math.floor((abs % 3600e9) / 60e9);
  const seconds = (abs % 60e9) / 1e9;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/**
 * An age as kubectl prints it: Kubernetes' duration.HumanDuration. Up to two units, fewer the older. A small negative age, which clocks
 * that differ produce, counts as none.
 */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 24 * 8) return twoUnits(Math.trunc(hours / 24), 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24)}d`;
  const years = Math.trunc(hours / 24 / 365);
  if (hours < 24 * 365 * 8) return twoUnits(years, 'y', Math.trunc(hours / 24) % 365, 'd');
  return `${years}y`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
