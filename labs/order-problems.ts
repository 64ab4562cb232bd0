import type { LabFile } from './lab-schema.ts';
import type { LabProblem } from './lab-stage.ts';
import type { ToProblem } from './schema-problems.ts';

/** What is named well and yet cannot work: faults that are there twice, checks that wait for one another, a hidden check in a step. */
export function findOrderProblems(lab: LabFile, problem: ToProblem): readonly LabProblem[] {
  const faults = lab.faults.map(({ id }) => id);
  const twice = faults.flatMap((id, index) =>
    faults.indexOf(id) < index ? [problem(['faults', index, 'id'], `The fault ${id} is there twice.`, 'Remove one of the two.')] : [],
  );
  const circles = Object.keys(lab.checks)
    .filter((id) => waitsForItself(lab.checks, id))
    .map((id) => problem(['checks', id, 'after'], `The check ${id} waits for itself.`, 'Break the circle of after.'));
  const shown = lab.steps.flatMap((step, at) =>
    step.checks.flatMap((id, index) =>
      lab.checks[id]?.hidden === true
        ? [
            problem(
              ['steps', at, 'checks', index],
              `The check ${id} is hidden, and a step shows it.`,
              'Take it out of the step, or do not hide it.',
            ),
          ]
        : [],
    ),
  );
  return [...twice, ...circles, ...shown];
}

function waitsForItself(checks: LabFile['checks'], id: string): boolean {
  const seen = new Set<string>();
  const open = [...(checks[id]?.after ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(checks[next]?.after ?? []));
  }
  return false;
}
