import { findArtefactProblems } from './artefact-references.ts';
import { findFault, faultIds, providerFaultIds } from '../scenarios/faults/fault-catalogue.ts';
import type { LabFile } from './lab-schema.ts';
import { findMeasureProblems } from './measure.ts';
import { findOrderProblems } from './order-problems.ts';
import { findSharedProblems } from './shared-references.ts';
import { showPath, type Path, type ToProblem } from './schema-problems.ts';
import type { LabProblem } from './lab-stage.ts';
import type { YamlSource } from './yaml-source.ts';

/** Names in lab.yaml that lead nowhere: files, checks, faults and what they are given. */
export function findReferenceProblems(lab: LabFile, files: ReadonlySet<string>, source: YamlSource): readonly LabProblem[] {
  const problem = (path: Path, message: string, remedy: string): LabProblem => ({
    file: source.file,
    ...source.locate(path),
    path: showPath(path),
    message,
    remedy,
  });
  const missingFiles = fileReferences(lab)
    .filter(({ file }) => !files.has(file))
    .map(({ path, file }) => problem(path, `There is no file ${file} in the lab's folder.`, 'Create it or correct the name.'));
  const unknownChecks = checkReferences(lab)
    .filter(({ check }) => !Object.hasOwn(lab.checks, check))
    .map(({ path, check }) =>
      problem(path, `There is no check ${check}.`, `Define it under checks, or name one of: ${Object.keys(lab.checks).join(', ')}.`),
    );
  const unknownFaults = faultReferences(lab)
    .filter(({ fault, known }) => !known.includes(fault))
    .map(({ path, fault, known }) => problem(path, `There is no fault ${fault}.`, `Name one of: ${known.join(', ')}.`));
  return [
    ...missingFiles,
    ...unknownChecks,
    ...unknownFaults,
    ...faultParameterProblems(lab, problem),
    ...stepProblems(lab, problem),
    ...findArtefactProblems(lab, problem),
    ...findMeasureProblems(lab, problem),
    ...findSharedProblems(lab, files, problem),
    ...findOrderProblems(lab, problem),
  ];
}

function fileReferences(lab: LabFile): readonly { readonly path: Path; readonly file: string }[] {
  return [
    ...lab.start.map((file, index) => ({ path: ['start', index], file })),
    ...lab.healthy.map((file, index) => ({ path: ['healthy', index], file })),
    ...(lab.complete === undefined ? [] : [{ path: ['complete'], file: lab.complete }]),
    ...lab.steps.flatMap((step, index) => [
      { path: ['steps', index, 'instructions'], file: step.instructions },
      ...(step.solution === undefined ? [] : [{ path: ['steps', index, 'solution'], file: step.solution }]),
    ]),
    ...lab.faults.map((fault, index) => ({ path: ['faults', index, 'solution'], file: fault.solution })),
    ...lab.artefacts.flatMap(({ template, example }, index) => [
      ...(template === undefined ? [] : [{ path: ['artefacts', index, 'template'], file: template }]),
      { path: ['artefacts', index, 'example'], file: example },
    ]),
    ...lab.alternatives.map((alternative, index) => ({ path: ['alternatives', index, 'script'], file: alternative.script })),
    ...lab.cheats.map((cheat, index) => ({ path: ['cheats', index, 'script'], file: cheat.script })),
    ...(lab.status === undefined ? [] : [{ path: ['status'], file: lab.status }]),
    ...lab.slips.flatMap(({ script, status }, index) => [
      { path: ['slips', index, 'script'], file: script },
      { path: ['slips', index, 'status'], file: status },
    ]),
  ];
}

function checkReferences(lab: LabFile): readonly { readonly path: Path; readonly check: string }[] {
  return [
    ...lab.verdict.map((check, index) => ({ path: ['verdict', index], check })),
    ...lab.faults.flatMap(({ verdict }, at) => verdict.map((check, index) => ({ path: ['faults', at, 'verdict', index], check }))),
    ...lab.measure.flatMap(({ checks }, at) => checks.map((check, index) => ({ path: ['measure', at, 'checks', index], check }))),
    ...lab.steps.flatMap((step, at) => step.checks.map((check, index) => ({ path: ['steps', at, 'checks', index], check }))),
    ...lab.cheats.flatMap((cheat, at) => cheat.caughtBy.map((check, index) => ({ path: ['cheats', at, 'caughtBy', index], check }))),
    ...lab.slips.flatMap((slip, at) => slip.caughtBy.map((check, index) => ({ path: ['slips', at, 'caughtBy', index], check }))),
    ...Object.entries(lab.checks).flatMap(([name, { after }]) =>
      after.map((check, index) => ({ path: ['checks', name, 'after', index], check })),
    ),
  ];
}

function faultReferences(lab: LabFile): readonly { readonly path: Path; readonly fault: string; readonly known: readonly string[] }[] {
  const own = lab.faults.map(({ id }) => id);
  return [
    ...lab.faults.map(({ id }, index) => ({ path: ['faults', index, 'id'], fault: id, known: faultIds })),
    ...lab.faults.flatMap(({ together }, at) =>
      together.map(({ id }, index) => ({ path: ['faults', at, 'together', index, 'id'], fault: id, known: faultIds })),
    ),
    ...lab.alternatives.map(({ fault }, index) => ({ path: ['alternatives', index, 'fault'], fault, known: own })),
    ...lab.cheats.map(({ fault }, index) => ({ path: ['cheats', index, 'fault'], fault, known: own })),
    ...lab.slips.map(({ fault }, index) => ({ path: ['slips', index, 'fault'], fault, known: own })),
  ];
}

function faultParameterProblems(lab: LabFile, problem: ToProblem): readonly LabProblem[] {
  const all = lab.faults.flatMap((fault, index) => [
    { fault, at: ['faults', index] },
    ...fault.together.map((part, which) => ({ fault: part, at: ['faults', index, 'together', which] })),
  ]);
  return all.flatMap(({ fault, at }) => {
    const result = findFault(fault.id)?.parameters.safeParse(fault.with);
    if (result === undefined) return [];
    if (result.success) return providerProblems(lab, fault.id, result.data, at, problem);
    return result.error.issues.map(({ path, message }) =>
      problem(
        [...at, 'with', ...(path as Path)],
        `${message}.`,
        `Give the fault ${fault.id} what scenarios/faults/${fault.id}.ts asks for.`,
      ),
    );
  });
}

/** A fault of a provider strikes one that the lab has. */
function providerProblems(lab: LabFile, faultId: string, parameters: unknown, at: Path, problem: ToProblem): readonly LabProblem[] {
  const names = lab.providers.map(({ name }) => name);
  const { provider } = parameters as { readonly provider?: unknown };
  if (!providerFaultIds.includes(faultId) || (typeof provider === 'string' && names.includes(provider))) return [];
  const remedy = names.length === 0 ? 'Declare it under providers.' : `Declare it under providers, or name one of: ${names.join(', ')}.`;
  return [problem([...at, 'with'], `The lab has no provider ${String(provider)} for the fault ${faultId}.`, remedy)];
}

function stepProblems(lab: LabFile, problem: ToProblem): readonly LabProblem[] {
  const seen = new Set<string>();
  return lab.steps.flatMap(({ id, phase, solution }, index) => {
    const isTwice = seen.has(id);
    seen.add(id);
    return [
      ...(isTwice ? [problem(['steps', index, 'id'], `The step ${id} is there twice.`, 'Give each step an id of its own.')] : []),
      ...(phase === 'build' && solution === undefined
        ? [problem(['steps', index], `The build step ${id} has no solution.`, 'Name the script that skipping it runs.')]
        : []),
    ];
  });
}
