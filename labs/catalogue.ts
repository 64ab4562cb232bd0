import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../infra/setup/project-root.ts';
import { hashFiles, readLabFiles } from './lab-files.ts';
import { findReferenceProblems } from './lab-references.ts';
import { labSchema, type LabFile } from './lab-schema.ts';
import { planDemands } from './lab-ground.ts';
import type { LabProblem, LabSummary } from './lab-stage.ts';
import { offerWorkloads } from './measure.ts';
import { planLabVariant, RenderedLab, type Lab } from './lab.ts';
import { findExampleProblems } from './artefact-references.ts';
import { findStatusProblems } from './status-references.ts';
import { toProblems } from './schema-problems.ts';
import { renderText, renderValue, UnknownValueError, type Values } from './template.ts';
import { planBook, providerValues } from './provider-book.ts';
import { planVariant, variantsSchema, type Variants } from './variant.ts';
import { YamlSource } from './yaml-source.ts';

/** The labs that come with Drillhouse. */
export const ownLabsDir = path.join(projectRoot, 'labs');

/** A lab is tried with so many seeds: most of what only some variants break is found when it is loaded. */
const TRIED_SEEDS = 6;
/** Values that a stage puts in besides the variant's: what is only known in a sandbox. */
const stageValues: Values = {
  apiKey: 'sk-example',
  otherKey: 'sk-example',
  adminKey: 'sk-example',
  caCertificate: 'PEM',
  serverCertificate: 'PEM',
  serverKey: 'PEM',
  clientCertificate: 'PEM',
  clientKey: 'PEM',
  report: 'A report.',
  classification: 'platform',
};

export interface LoadedCatalogue {
  readonly labs: readonly Lab[];
  readonly problems: readonly LabProblem[];
}

/** Loads every folder with a lab.yaml below `dirs`. What does not load is told, and the rest of the catalogue loads all the same. Never throws. */
export async function loadCatalogue(dirs: readonly string[]): Promise<LoadedCatalogue> {
  const folders = (await Promise.all(dirs.map(findLabFolders))).flat();
  const loaded = await Promise.all(folders.map(async (folder) => ({ folder, slug: path.basename(folder), ...(await loadLab(folder)) })));
  const used = loaded.filter(({ slug }, index) => loaded.findIndex((other) => other.slug === slug) === index);
  return {
    labs: used.flatMap(({ lab }) => lab ?? []),
    problems: loaded.flatMap((outcome) => {
      const first = used.find(({ slug }) => slug === outcome.slug);
      return first === undefined || first === outcome ? outcome.problems : [duplicate(outcome.slug, first.folder, outcome.folder)];
    }),
  };
}

async function findLabFolders(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(path.join(dir, entry.name, 'lab.yaml')))
    .map((entry) => path.join(dir, entry.name))
    .sort();
}

interface LoadOutcome {
  readonly lab?: Lab;
  readonly problems: readonly LabProblem[];
}

async function loadLab(folder: string): Promise<LoadOutcome> {
  const slug = path.basename(folder);
  const label = path.join(slug, 'lab.yaml');
  try {
    return parseLab(slug, await readLabFiles(folder, ownLabsDir));
  } catch (error) {
    return {
      problems: [
        { file: label, message: `The lab cannot be read: ${String(error)}`, remedy: 'See that the folder and its files are readable.' },
      ],
    };
  }
}

/** Everything about a lab but reading its files; pure. */
export function parseLab(slug: string, files: ReadonlyMap<string, string>): LoadOutcome {
  const source = new YamlSource(`${slug}/lab.yaml`, files.get('lab.yaml') ?? '');
  if (source.syntaxProblems.length > 0) return { problems: source.syntaxProblems };
  const document = source.toValue();
  const head = variantsSchema.safeParse((document as { readonly variants?: unknown } | null)?.variants);
  // Without variants nothing can be put in; the whole file is then judged as it stands, which names that and all else that is wrong.
  if (!head.success) return { problems: toProblems(labSchema.safeParse(document).error ?? head.error, source) };
  const tried = trySeeds(document, head.data, source);
  if ('problems' in tried) return tried;
  const problems = [
    ...findReferenceProblems(tried.example, new Set(files.keys()), source),
    ...findPlaceholderProblems(slug, files, {
      ...tried.values,
      ...stageValues,
      ...providerValues(
        tried.example.providers,
        planBook(tried.example.providers, () => 'example'),
      ),
    }),
  ];
  if (problems.length > 0) return { problems };
  const lab: Lab = {
    summary: { ...summarise(slug, tried.example, files), demands: planDemands({ document, example: tried.example, files }) },
    document,
    variants: head.data,
    example: tried.example,
    files,
  };
  const rendered = new RenderedLab(lab, planLabVariant(lab, 'example-0'));
  const unmet = [...findExampleProblems(rendered, source), ...findStatusProblems(rendered, source)];
  return unmet.length > 0 ? { problems: unmet } : { lab, problems: [] };
}

function trySeeds(
  document: unknown,
  variants: Variants,
  source: YamlSource,
): { readonly problems: readonly LabProblem[] } | { readonly example: LabFile; readonly values: Values } {
  let example: { readonly example: LabFile; readonly values: Values } | undefined;
  for (let seed = 0; seed < TRIED_SEEDS; seed += 1) {
    try {
      const { values } = planVariant(variants, ['any'], `example-${seed}`);
      const parsed = labSchema.safeParse(renderValue(document, values));
      if (!parsed.success) return { problems: toProblems(parsed.error, source) };
      example ??= { example: parsed.data, values };
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      return {
        problems: [
          {
            file: source.file,
            ...source.locateText(new RegExp(`\\{\\{\\s*${error.value}\\s*\\}\\}`)),
            message: error.message,
            remedy: 'Add it under variants, or correct its name.',
          },
        ],
      };
    }
  }
  return example ?? { problems: [] };
}

/** lab.yaml was rendered already; these are the texts that are rendered for a trainee. */
function findPlaceholderProblems(slug: string, files: ReadonlyMap<string, string>, values: Values): readonly LabProblem[] {
  return [...files].flatMap(([name, text]) => {
    if (name === 'lab.yaml') return [];
    try {
      renderText(text, values);
      return [];
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      const line = text.slice(0, error.offset).split('\n').length;
      return [{ file: `${slug}/${name}`, line, message: error.message, remedy: 'Add it under variants in lab.yaml, or correct its name.' }];
    }
  });
}

function summarise(slug: string, lab: LabFile, files: ReadonlyMap<string, string>): LabSummary {
  const { version, title, summary, level, minutes, incidentMinutes, tracks, objectives, passMark, steps, faults, services, needs } = lab;
  return {
    slug,
    version,
    hash: hashFiles(files),
    title,
    summary,
    level,
    minutes,
    incidentMinutes,
    tracks,
    objectives,
    passMark,
    steps: steps.map((step) => ({ id: step.id, title: step.title, phase: step.phase, hintCount: step.hints.length })),
    faults: faults.map((fault) => ({ id: fault.id, title: fault.title })),
    services: services.map(({ metricsPath, ...service }) => ({ ...service, ...(metricsPath === undefined ? {} : { metricsPath }) })),
    workloads: offerWorkloads(lab),
    ...(needs.nodes.length === 0 ? {} : { nodes: needs.nodes }),
    ...(lab.team.length === 0 ? {} : { team: lab.team }),
    aiPolicy: lab.ai,
    hasArtefacts: lab.artefacts.length > 0,
    asksStatus: Object.values(lab.checks).some(({ kind }) => kind === 'status'),
  };
}

function duplicate(slug: string, used: string, other: string): LabProblem {
  return {
    file: `${slug}/lab.yaml`,
    message: `There is more than one lab called ${slug}: ${used} is used, ${other} is not.`,
    remedy: 'Rename one of the folders, or leave it out of LABS_DIRS.',
  };
}
