import { CsvError, parse } from 'csv-parse/sync';
import type { ImportKind, ImportProblem } from '../contract/program.ts';

/** One ticket or change as it is counted. */
export interface ImportedRow {
  readonly id: string;
  readonly atMs: number;
  readonly team: string | null;
  /** Null for tickets. */
  readonly failed: boolean | null;
}

export interface ParsedImport {
  readonly rows: readonly ImportedRow[];
  readonly problems: readonly ImportProblem[];
}

interface Line {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

const COLUMNS: Readonly<Record<ImportKind, readonly string[]>> = {
  tickets: ['id', 'opened_at', 'team'],
  changes: ['id', 'deployed_at', 'failed', 'team'],
};
/** Who counts nothing by team may leave it out. */
const OPTIONAL = new Set(['team']);
const YES = new Set(['yes', 'true', '1']);
const NO = new Set(['no', 'false', '0']);

/** Reads a file with a line of headings. Never throws: what is wrong is told line by line, and columns of other names are passed over. */
export function parseImport(kind: ImportKind, csv: string): ParsedImport {
  let lines: Line[];
  try {
    lines = parse(csv, { bom: true, columns: (names: string[]) => names.map(normalise), info: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { rows: [], problems: [explainSyntax(error)] };
  }
  const [first] = lines;
  if (first === undefined)
    return failed(1, 'There are no rows.', `The first line is ${COLUMNS[kind].join(',')}, and each line below it a row.`);
  const missing = COLUMNS[kind].filter((column) => !OPTIONAL.has(column) && !(column in first.record));
  if (missing.length > 0) {
    const there = Object.keys(first.record).join(', ');
    return failed(1, `The columns ${missing.join(', ')} are missing; there are ${there}.`, `Name the columns ${COLUMNS[kind].join(', ')}.`);
  }
  return collect(lines.map((line) => parseLine(kind, line)));
}

function collect(parsed: readonly (ImportedRow | ImportProblem)[]): ParsedImport {
  const rows: ImportedRow[] = [];
  const problems: ImportProblem[] = [];
  for (const one of parsed) {
    if ('line' in one) problems.push(one);
    else rows.push(one);
  }
  return { rows, problems };
}

function parseLine(kind: ImportKind, { record, info }: Line): ImportedRow | ImportProblem {
  const problem = (message: string, remedy: string): ImportProblem => ({ line: info.lines, message, remedy });
  const id = record['id'] ?? '';
  if (id === '' || id.length > 100)
    return problem('The id is empty or longer than 100 characters.', 'Give each row the id that it has at its source.');
  const timeColumn = kind === 'tickets' ? 'opened_at' : 'deployed_at';
  const time = record[timeColumn] ?? '';
  const atMs = parseTime(time);
  if (atMs === undefined) return problem(`${timeColumn} is ${quote(time)}, which is no time.`, 'Write 2026-11-21 or 2026-11-21T09:30:00Z.');
  const team = record['team'] === undefined || record['team'] === '' ? null : record['team'].slice(0, 80);
  if (kind === 'tickets') return { id, atMs, team, failed: null };
  const failed = (record['failed'] ?? '').toLowerCase();
  if (!YES.has(failed) && !NO.has(failed)) return problem(`failed is ${quote(failed)}, which is neither yes nor no.`, 'Write yes or no.');
  return { id, atMs, team, failed: YES.has(failed) };
}

/** A day, or a moment with its zone: one without would mean something else on another machine. */
function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/.test(text)) return undefined;
  const atMs = Date.parse(text.replace(' ', 'T'));
  const isDay = Number.isNaN(atMs) || new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));
  return Number.isNaN(atMs) || !isDay ? undefined : atMs;
}

function failed(line: number, message: string, remedy: string): ParsedImport {
  return { rows: [], problems: [{ line, message, remedy }] };
}

function explainSyntax(error: CsvError): ImportProblem {
  const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : 1;
  return {
    line,
    message: `This is not CSV: ${error.message}.`,
    remedy: 'Save the table as CSV with commas, quoted where a cell holds a comma.',
  };
}

function normalise(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
