import type { ProofOutcome } from './prove.ts';

const headings = ['', 'lab', 'group', 'fault', 'case', 'expected', 'score', 'took', 'fails at'] as const;

/** Outcomes as a table for a terminal; what came out wrong is spelt out below it. Pure. */
export function toTable(outcomes: readonly ProofOutcome[]): string {
  const rows = [...outcomes].sort((a, b) => a.lab.localeCompare(b.lab) || groups.indexOf(a.group) - groups.indexOf(b.group)).map(toRow);
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const wrong = outcomes
    .filter(({ ok }) => !ok)
    .map(({ lab, group, fault, title, problem }) => `WRONG ${lab} ${group} ${fault ?? ''} "${title}": ${problem ?? ''}`);
  return [
    line(headings),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    ...(wrong.length === 0 ? [] : ['', ...wrong]),
  ].join('\n');
}

const groups: readonly ProofOutcome['group'][] = ['build', 'healthy', 'fault', 'solution', 'alternative', 'slip', 'cheat'];

function toRow(outcome: ProofOutcome): readonly string[] {
  const { ok, lab, group, fault, title, expected, score, tookMs, failing } = outcome;
  const shown = failing.length > 4 ? `${failing.slice(0, 4).join(' ')} +${failing.length - 4}` : failing.join(' ');
  return [
    ok ? 'ok' : 'WRONG',
    lab,
    group,
    fault ?? '',
    title,
    expected,
    score === null ? '' : String(score),
    `${(tookMs / 1000).toFixed(1)} s`,
    shown,
  ];
}
