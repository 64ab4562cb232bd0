import { artefactForms } from '../grader/artefacts/forms.ts';
import type { ArtefactDemand } from '../grader/artefacts/demands.ts';
import { findUnmet } from '../grader/artefacts/demands.ts';
import { defineArtefact, exampleContent } from './lab-artefacts.ts';
import type { LabArtefact } from './artefact-schema.ts';
import type { LabFile } from './lab-schema.ts';
import type { LabProblem } from './lab-stage.ts';
import type { RenderedLab } from './lab.ts';
import { showPath, type ToProblem } from './schema-problems.ts';
import type { YamlSource } from './yaml-source.ts';

/** Names in artefacts and their checks that lead nowhere. */
export function findArtefactProblems(lab: LabFile, problem: ToProblem): readonly LabProblem[] {
  const ids = lab.artefacts.map(({ id }) => id);
  const twice = ids.flatMap((id, index) =>
    ids.indexOf(id) < index
      ? [problem(['artefacts', index, 'id'], `The artefact ${id} is there twice.`, 'Give each artefact an id of its own.')]
      : [],
  );
  return [
    ...twice,
    ...Object.entries(lab.checks).flatMap(([name, check]) => {
      if (check.kind !== 'artefact') return [];
      const artefact = lab.artefacts.find(({ id }) => id === check.artefact);
      if (artefact === undefined)
        return [problem(['checks', name, 'artefact'], `There is no artefact ${check.artefact}.`, nameOneOf('artefacts', ids))];
      return check.demands.flatMap((demand, index) => demandProblems(lab, artefact, demand, ['checks', name, 'demands', index], problem));
    }),
  ];
}

function demandProblems(
  lab: LabFile,
  artefact: LabArtefact,
  demand: ArtefactDemand,
  at: readonly (string | number)[],
  problem: ToProblem,
): readonly LabProblem[] {
  const kinds = fieldKinds(artefact);
  const wanted = demand.of === 'words' ? demand.fields : demand.of === 'safe' ? [] : [demand.field];
  const kind = demand.of === 'rows' ? 'table' : demand.of === 'answer' || demand.of === 'classification' ? 'choice' : 'text';
  const wrong = wanted
    .filter((field) => kinds[field] !== kind)
    .map((field) =>
      problem(
        at,
        `The artefact ${artefact.id} has no field ${field} of the kind ${kind}.`,
        nameOneOf(
          'its fields',
          Object.keys(kinds).filter((id) => kinds[id] === kind),
        ),
      ),
    );
  const unclassified = demand.of === 'classification' ? lab.faults.filter(({ classification }) => classification === undefined) : [];
  const [first] = unclassified;
  if (first === undefined) return wrong;
  return [...wrong, problem(at, `The fault ${first.id} does not say its classification.`, 'Add classification to each fault of the lab.')];
}

function fieldKinds({ form, fields }: LabArtefact): Readonly<Record<string, string>> {
  const all = form === undefined ? fields : artefactForms[form].fields;
  return all === undefined ? { text: 'text' } : Object.fromEntries(all.map(({ id, kind }) => [id, kind]));
}

function nameOneOf(what: string, names: readonly string[]): string {
  return names.length === 0 ? `Declare it under ${what}.` : `Name one of ${what}: ${names.join(', ')}.`;
}

/** Examples that do not meet what the lab's own checks ask, for any fault. */
export function findExampleProblems(lab: RenderedLab, source: YamlSource): readonly LabProblem[] {
  return lab.file.artefacts.flatMap((spec, index) => {
    const path = ['artefacts', index, 'example'];
    const problem = (message: string): LabProblem => ({
      file: source.file,
      ...source.locate(path),
      path: showPath(path),
      message,
      remedy: `Mend ${spec.example}, or ask less of it.`,
    });
    return [...new Set(lab.file.faults.flatMap((fault) => unmetBy(lab, spec, fault.classification)))].map(problem);
  });
}

function unmetBy(lab: RenderedLab, spec: LabArtefact, classification: LabFile['faults'][number]['classification']): readonly string[] {
  const facts = { classification, secrets: [] };
  try {
    const written = { definition: defineArtefact(lab, spec), content: exampleContent(lab, spec, classification) };
    return Object.entries(lab.file.checks).flatMap(([id, check]) => {
      if (check.kind !== 'artefact' || check.artefact !== spec.id) return [];
      const unmet = check.demands.map((demand) => findUnmet(demand, written, facts)).find((reason) => reason !== undefined);
      return unmet === undefined ? [] : [`The example does not pass the check ${id}: ${unmet}`];
    });
  } catch (error) {
    return [`The example cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}.`];
  }
}
