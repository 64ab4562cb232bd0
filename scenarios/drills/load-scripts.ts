import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../infra/setup/project-root.ts';
import type { LabProblem } from '../../labs/lab-stage.ts';
import { toProblems } from '../../labs/schema-problems.ts';
import { YamlSource } from '../../labs/yaml-source.ts';
import { drillScriptSchema, type DrillScript } from './drill-script.ts';
import { findScriptProblems, type KnownLab } from './script-references.ts';

/** The scripts that come with Drillhouse. */
export const ownScriptsDir = path.join(projectRoot, 'scenarios', 'drills');

const GUIDE = 'scenarios/drills/AUTHORING.md';
const MAX_SCRIPTS = 200;
const MAX_SCRIPT_BYTES = 256 * 1024;

export interface LoadedScript {
  /** The file's name without its ending. */
  readonly slug: string;
  /** sha256 of the file, in hex: evidence names it. */
  readonly hash: string;
  readonly script: DrillScript;
}

export interface LoadedScripts {
  /** By title. */
  readonly scripts: readonly LoadedScript[];
  readonly problems: readonly LabProblem[];
}

/**
 * Reads every YAML file of the folders, as they are now: what is edited is what the next drill is scheduled from. In a clash of names the first folder wins. What
 * does not load is told, and the rest loads all the same. Never throws.
 */
export async function loadScripts(dirs: readonly string[], labs: readonly KnownLab[]): Promise<LoadedScripts> {
  const folders = await Promise.all(dirs.map((dir) => readFolder(dir, labs)));
  const read = folders.flatMap(({ outcomes }) => outcomes);
  const used = read.filter(({ name }, index) => read.findIndex((other) => other.name === name) === index);
  return {
    scripts: used.flatMap(({ loaded }) => loaded ?? []).sort((a, b) => a.script.title.localeCompare(b.script.title, 'en')),
    problems: [
      ...folders.flatMap(({ problem }) => problem ?? []),
      ...read.flatMap((outcome) => {
        const first = used.find(({ name }) => name === outcome.name);
        return first === undefined || first === outcome ? outcome.problems : [duplicate(outcome.name, first.dir, outcome.dir)];
      }),
    ],
  };
}

interface ReadScript extends LoadOutcome {
  readonly name: string;
  readonly dir: string;
}

async function readFolder(
  dir: string,
  labs: readonly KnownLab[],
): Promise<{ readonly outcomes: readonly ReadScript[]; readonly problem?: LabProblem }> {
  try {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.yaml')).sort();
    const outcomes = await Promise.all(
      names.slice(0, MAX_SCRIPTS).map(async (name) => ({ name, dir, ...(await readScript(dir, name, labs)) })),
    );
    if (names.length <= MAX_SCRIPTS) return { outcomes };
    const message = `There are ${names.length} scripts; those after the first ${MAX_SCRIPTS} by name are not read.`;
    return { outcomes, problem: { file: dir, message, remedy: 'Spread them over several folders.' } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The folder of scripts cannot be read: ${why}.`;
    return { outcomes: [], problem: { file: dir, message, remedy: 'Correct its name in DRILLS_DIRS, or make it.' } };
  }
}

function duplicate(name: string, used: string, other: string): LabProblem {
  return {
    file: name,
    message: `There is more than one script called ${name}: that in ${used} is used, that in ${other} is not.`,
    remedy: 'Rename one of the files, or leave its folder out of DRILLS_DIRS.',
  };
}

interface LoadOutcome {
  readonly loaded?: LoadedScript;
  readonly problems: readonly LabProblem[];
}

async function readScript(dir: string, name: string, labs: readonly KnownLab[]): Promise<LoadOutcome> {
  try {
    const bytes = await readFile(path.join(dir, name));
    if (bytes.byteLength > MAX_SCRIPT_BYTES) throw new Error(`it is larger than ${MAX_SCRIPT_BYTES / 1024} KiB`);
    return parseScript(name, bytes.toString('utf8'), labs);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      problems: [{ file: name, message: `The script cannot be read: ${why}.`, remedy: 'See that the file is readable and no larger.' }],
    };
  }
}

/** Everything about a script but reading its file; pure. */
export function parseScript(name: string, text: string, labs: readonly KnownLab[]): LoadOutcome {
  const source = new YamlSource(name, text);
  if (source.syntaxProblems.length > 0) return { problems: source.syntaxProblems };
  const parsed = drillScriptSchema.safeParse(source.toValue());
  if (!parsed.success) return { problems: toProblems(parsed.error, source, GUIDE) };
  const problems = findScriptProblems(parsed.data, labs, source);
  if (problems.length > 0) return { problems };
  const hash = createHash('sha256').update(text).digest('hex');
  return { loaded: { slug: path.basename(name, '.yaml'), hash, script: parsed.data }, problems: [] };
}
