/** What is wrong with a schedule in cron's format, in the words of the Go library that Kubernetes parses with; undefined if nothing is. */
export function cronFault(schedule: string): string | undefined {
  const body = schedule.replace(/^(?:CRON_)?TZ=\S+\s*/, '');
  if (body.startsWith('@')) return descriptorFault(body);
  const fields = body.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== bounds.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [index, field] of fields.entries()) {
    const bound = bounds[index];
    const fault = bound === undefined ? undefined : fieldFault(field, bound);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

function descriptorFault(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  const every = /^@every (.+)$/.exec(text);
  if (every === null) return `unrecognized descriptor: ${text}`;
  return /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(every[1] ?? '')
    ? undefined
    : `failed to parse duration ${text}: time: invalid duration "${every[1] ?? ''}"`;
}

interface Bound {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const bounds: readonly Bound[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

function fieldFault(field: string, bound: Bound): string | undefined {
  for (const expression of field.split(',')) {
    const fault = rangeFault(expression, bound);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function rangeFault(expression: string, bound: Bound): string | undefined {
  const [range = '', step, ...moreSteps] = expression.split('/');
  const [low = '', high, ...moreEnds] = range.split('-');
  if (moreSteps.length > 0) return `too many slashes: ${expression}`;
  if (moreEnds.length > 0) return `too many hyphens: ${expression}`;
  const wild = low === '*' || low === '?';
  const start = wild ? bound.min : numberOf(low, bound);
  if (typeof start === 'string') return start;
  const end = wild ? bound.max : high === undefined ? (step === undefined ? start : bound.max) : numberOf(high, bound);
  if (typeof end === 'string') return end;
  const stride = step === undefined ? 1 : numberOf(step, { min: 0, max: 0 });
  if (typeof stride === 'string') return stride;
  if (start < bound.min) return `beginning of range (${start}) below minimum (${bound.min}): ${expression}`;
  if (end > bound.max) return `end of range (${end}) above maximum (${bound.max}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return stride === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

function numberOf(text: string, { names = [], min }: Bound): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + min;
  if (/^\d+$/.test(text)) return Number(text);
  return /^-\d+$/.test(text)
    ? `negative number (${text}) not allowed: ${text}`
    : `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
