import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../infra/setup/project-root.ts';
import type { LabProblem } from '../../labs/lab-stage.ts';
import { toProblems } from '../../labs/schema-problems.ts';
import { YamlSource } from '../../labs/yaml-source.ts';
import { definitionSchema, type Definition } from './definition.ts';

/** The certificates that come with Drillhouse. */
export const ownDefinitionsDir = path.join(projectRoot, 'certificates');

export interface LoadedDefinitions {
  readonly definitions: readonly Definition[];
  readonly problems: readonly LabProblem[];
}

const GUIDE = 'server/certification/README.md';
const MAX_FILES = 100;

/** Every NAME.yaml of a folder. What does not load is told, and the rest loads all the same. */
export async function loadDefinitions(dir: string): Promise<LoadedDefinitions> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.yaml')).sort((a, b) => idOf(a).localeCompare(idOf(b)));
  if (names.length > MAX_FILES)
    return { definitions: [], problems: [{ file: dir, message: `More than ${MAX_FILES} certificates.`, remedy: 'Remove some.' }] };
  const parsed = await Promise.all(names.map(async (name) => parseDefinition(name, await readFile(path.join(dir, name), 'utf8'))));
  const definitions = parsed.flatMap(({ definition }) => definition ?? []);
  return { definitions, problems: [...parsed.flatMap(({ problems }) => problems), ...findUnknownCertificates(definitions)] };
}

/** Pure. */
export function parseDefinition(
  name: string,
  text: string,
): { readonly definition?: Definition; readonly problems: readonly LabProblem[] } {
  const source = new YamlSource(`certificates/${name}`, text);
  if (source.syntaxProblems.length > 0) return { problems: source.syntaxProblems };
  const parsed = definitionSchema.safeParse(source.toValue());
  if (!parsed.success) return { problems: toProblems(parsed.error, source, GUIDE) };
  return { definition: { ...parsed.data, id: idOf(name), hash: hashOf(text) }, problems: [] };
}

/** A certificate that waits for one that does not exist could never be earned, and a circle neither. */
function findUnknownCertificates(definitions: readonly Definition[]): readonly LabProblem[] {
  const ids = new Set(definitions.map(({ id }) => id));
  return definitions.flatMap((definition) =>
    definition.requirements.flatMap((requirement) => {
      if (requirement.kind !== 'certificate-held') return [];
      const where = { file: `certificates/${definition.id}.yaml`, path: `requirements.${requirement.id}.certificate` };
      if (!ids.has(requirement.certificate))
        return [
          { ...where, message: `There is no certificate ${requirement.certificate}.`, remedy: `Write one of: ${[...ids].join(', ')}.` },
        ];
      return leadsTo(requirement.certificate, definition.id, definitions, new Set())
        ? [{ ...where, message: 'It waits for itself, through others.', remedy: 'Take one of the two requirements out.' }]
        : [];
    }),
  );
}

function leadsTo(from: string, wanted: string, definitions: readonly Definition[], seen: Set<string>): boolean {
  if (from === wanted) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const definition = definitions.find(({ id }) => id === from);
  return (definition?.requirements ?? []).some(
    (requirement) => requirement.kind === 'certificate-held' && leadsTo(requirement.certificate, wanted, definitions, seen),
  );
}

function idOf(name: string): string {
  return path.basename(name, '.yaml');
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
