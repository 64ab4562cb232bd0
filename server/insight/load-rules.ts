import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { describeProblem } from '../../labs/describe-problem.ts';
import type { LabProblem } from '../../labs/lab-stage.ts';
import { toProblems } from '../../labs/schema-problems.ts';
import { YamlSource } from '../../labs/yaml-source.ts';
import { serviceSchema, skillRulesSchema, type InsightRules, type ServiceRules, type SkillRules, type Way } from './rules.ts';

/** The rules that come with Drillhouse. */
export const ownRulesDir = path.join(projectRoot, 'oncall');

export interface LoadedRules {
  readonly rules: InsightRules;
  /** What is wrong with services that do not load; the others do. */
  readonly problems: readonly LabProblem[];
}

/** What the rules may speak of. */
export interface KnownThings {
  readonly labs: readonly string[];
  readonly certificates: readonly string[];
}

const GUIDE = 'server/insight/README.md';
const MAX_SERVICES = 100;

/** Throws when skills.yaml does not load: without it nothing can be said of anybody. */
export async function loadRules(dir: string, known: KnownThings): Promise<LoadedRules> {
  const skills = parse(skillRulesSchema, 'oncall/skills.yaml', await readFile(path.join(dir, 'skills.yaml'), 'utf8'));
  if (skills.value === undefined) throw new Error(`The rules of skills do not load: ${skills.problems.map(describeProblem).join(' ')}`);
  const servicesDir = path.join(dir, 'services');
  const names = (await readdir(servicesDir)).filter((name) => name.endsWith('.yaml')).sort();
  const loaded = await Promise.all(
    names.slice(0, MAX_SERVICES).map(async (name) => loadService(name, await readFile(path.join(servicesDir, name), 'utf8'), known)),
  );
  return {
    rules: { skills: withKnownLabs(skills.value, known), services: loaded.flatMap(({ service }) => service ?? []) },
    problems: loaded.flatMap(({ problems }) => problems),
  };
}

/** Labs that are not there are passed over: what they would show can still be shown by the next. */
function withKnownLabs(skills: SkillRules, { labs }: KnownThings): SkillRules {
  const entries = Object.entries(skills.dimensions).map(([id, one]) => [
    id,
    { ...one, labs: one.labs.filter((lab) => labs.includes(lab)) },
  ]);
  return { ...skills, dimensions: Object.fromEntries(entries) as SkillRules['dimensions'] };
}

/** Pure. What asks for something that does not exist is told and passed over; a service that could then never be met does not load. */
export function loadService(
  name: string,
  text: string,
  known: KnownThings,
): { readonly service?: ServiceRules; readonly problems: readonly LabProblem[] } {
  const file = `oncall/services/${name}`;
  const { value, problems } = parse(serviceSchema, file, text);
  if (value === undefined) return { problems };
  const requires = value.requires.map((requirement) => ({
    ...requirement,
    anyOf: requirement.anyOf.flatMap((way) => possible(way, known)),
  }));
  const unknown = value.requires.flatMap(({ anyOf }) => anyOf.flatMap((way) => findUnknown(file, way, known)));
  const canBeMet = requires.every(({ anyOf }) => anyOf.length > 0);
  return { ...(canBeMet ? { service: { ...value, id: path.basename(name, '.yaml'), requires } } : {}), problems: unknown };
}

function findUnknown(file: string, way: Way, { labs, certificates }: KnownThings): LabProblem[] {
  const problem = (message: string, there: readonly string[]): LabProblem => ({
    file,
    message,
    remedy: `Write one of: ${there.join(', ')}.`,
  });
  if (way.kind === 'certificate-held' && !certificates.includes(way.certificate))
    return [problem(`There is no certificate ${way.certificate}.`, certificates)];
  if (way.kind !== 'lab-passed') return [];
  return way.labs.filter((lab) => !labs.includes(lab)).map((lab) => problem(`There is no lab ${lab}.`, labs));
}

/** The way with what exists; none where nothing of it does. */
function possible(way: Way, { labs, certificates }: KnownThings): Way[] {
  if (way.kind === 'certificate-held') return certificates.includes(way.certificate) ? [way] : [];
  if (way.kind !== 'lab-passed') return [way];
  const there = way.labs.filter((lab) => labs.includes(lab));
  return there.length === 0 ? [] : [{ ...way, labs: there }];
}

function parse<T>(schema: z.ZodType<T>, file: string, text: string): { readonly value?: T; readonly problems: readonly LabProblem[] } {
  const source = new YamlSource(file, text);
  if (source.syntaxProblems.length > 0) return { problems: source.syntaxProblems };
  const parsed = schema.safeParse(source.toValue());
  return parsed.success ? { value: parsed.data, problems: [] } : { problems: toProblems(parsed.error, source, GUIDE) };
}
