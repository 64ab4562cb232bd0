import { scoreStatus, type StatusRule } from '../grader/incidents/status-score.ts';
import type { LabProblem } from './lab-stage.ts';
import type { RenderedLab } from './lab.ts';
import { showPath, type Path } from './schema-problems.ts';
import { parseStatusSeries } from './status-series.ts';
import type { YamlSource } from './yaml-source.ts';

/** Status series that do not show what they are there to show: the good one keeps every rule that the lab checks, a slip's breaks one that catches it. */
export function findStatusProblems(lab: RenderedLab, source: YamlSource): readonly LabProblem[] {
  const { file } = lab;
  const checked = Object.entries(file.checks).flatMap(([id, check]) => (check.kind === 'status' ? [{ id, rules: check.rules }] : []));
  const problem = (path: Path, message: string, remedy: string): LabProblem => ({
    file: source.file,
    ...source.locate(path),
    path: showPath(path),
    message,
    remedy,
  });
  if (file.status === undefined) {
    const [first] = checked;
    if (first === undefined) return [];
    const remedy = 'Name a file with a good series under status.';
    return [problem(['checks', first.id], 'There are no status updates that this check could be proven with.', remedy)];
  }
  const good = missedIn(lab, file.status);
  const goodProblems = checked.flatMap(({ id, rules }) => {
    const words = typeof good === 'string' ? good : rules.flatMap((rule) => good.get(rule) ?? []).join(' ');
    return words === ''
      ? []
      : [problem(['status'], `The good series does not pass the check ${id}: ${words}`, `Mend ${file.status ?? ''}.`)];
  });
  const slipProblems = file.slips.flatMap(({ status, caughtBy }, index) => {
    const missed = missedIn(lab, status);
    const path = ['slips', index, 'status'];
    if (typeof missed === 'string') return [problem(path, missed, `Mend ${status}.`)];
    const blind = checked.filter(({ id, rules }) => caughtBy.includes(id) && rules.every((rule) => !missed.has(rule)));
    return blind.map(({ id }) =>
      problem(path, `The series passes the check ${id}, which should catch it.`, `Mend ${status}, or take the check out.`),
    );
  });
  return [...goodProblems, ...slipProblems];
}

/** Rules that a series misses, with why; a text where it cannot be read. */
function missedIn(lab: RenderedLab, series: string): ReadonlyMap<StatusRule, string> | string {
  try {
    const findings = scoreStatus(parseStatusSeries(lab.text(series), 0));
    return new Map(findings.flatMap(({ rule, kind, words }) => (kind === 'missed' ? [[rule, words] as const] : [])));
  } catch (error) {
    return `The series ${series} cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}.`;
  }
}
