import { carriedFaults, findLabRefusal } from '../../labs/lab-ground.ts';
import type { LabProblem, LabSummary } from '../../labs/lab-stage.ts';
import type { Ground } from '../../scenarios/faults/fault-ground.ts';
import { AppError } from '../app-error.ts';

const REMEDY = 'Run Drillhouse with embedded clusters for it.';

/** The labs that sandboxes here carry, and of the others why not, for staff. Pure. */
export function planOffer(
  labs: readonly LabSummary[],
  ground: Ground,
): { readonly offered: readonly LabSummary[]; readonly withheld: readonly LabProblem[] } {
  const judged = labs.map((lab) => ({ lab, refusal: lab.demands === undefined ? undefined : findLabRefusal(lab.demands, ground) }));
  return {
    offered: judged.flatMap(({ lab, refusal }) => (refusal === undefined ? [lab] : [])),
    withheld: judged.flatMap(({ lab, refusal }) =>
      refusal === undefined ? [] : [{ file: `${lab.slug}/lab.yaml`, message: refusal, remedy: REMEDY }],
    ),
  };
}

/**
 * The faults that one may be chosen from; undefined: any of the lab's. Throws AppError Conflict with the reason where sandboxes here carry neither the lab nor
 * the fault that was asked for, before anything is started.
 */
export function planFaultChoice({ demands }: LabSummary, ground: Ground, wanted: string | undefined): readonly string[] | undefined {
  const refusal = demands === undefined ? undefined : findLabRefusal(demands, ground, wanted);
  if (refusal !== undefined)
    throw new AppError('Conflict', refusal, {
      remedy: 'Choose another lab or fault, or ask whoever runs Drillhouse for embedded clusters.',
    });
  if (wanted !== undefined) return [wanted];
  const carried = demands === undefined ? [] : carriedFaults(demands, ground);
  return carried.length === Object.keys(demands?.faults ?? {}).length ? undefined : carried;
}
