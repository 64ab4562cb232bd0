import { z } from 'zod';
import { durationSchema } from '../grader/check-fields.ts';
import { checkSchema } from '../grader/check-spec.ts';
import { endpointSchema, objectName } from '../grader/endpoint.ts';
import { classifications } from '../grader/artefacts/forms.ts';
import { playerRoles } from '../grader/incidents/roles.ts';
import { labArtefactSchema } from './artefact-schema.ts';
import { workloadSchema } from './measure.ts';
import { needsSchema } from './node-needs.ts';
import { variantsSchema } from './variant.ts';

const id = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be of small letters, digits and dashes');
/** Relative to the lab's folder. */
const file = z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, "must be a path below the lab's folder");
const phase = z.enum(['build', 'incident']);

const hintSchema = z.strictObject({
  title: z.string().min(1).max(100),
  text: z.string().min(1),
  /** Counted from the opening of the step. */
  unlockAfter: durationSchema,
});

const stepSchema = z.strictObject({
  id,
  title: z.string().min(1).max(100),
  phase,
  instructions: file,
  /** What skipping runs. An incident's step is solved by its fault's solution instead. */
  solution: file.optional(),
  checks: z.array(id).min(1),
  hints: z.array(hintSchema).min(1).max(5),
});

const faultSchema = z.strictObject({
  id,
  title: z.string().min(1).max(80),
  /** How users or an alert tell of it. Markdown; names the symptom and never the cause. */
  report: z.string().min(1),
  with: z.record(z.string(), z.unknown()).default({}),
  /** Faults that come with it, injected after it in this order. */
  together: z
    .array(z.strictObject({ id, with: z.record(z.string(), z.unknown()).default({}) }))
    .max(4)
    .default([]),
  solution: file,
  /** Checks that this fault alone is judged by, beside those of the lab's verdict. */
  verdict: z.array(id).default([]),
  /** Where the remedy belongs: what a postmortem must find. */
  classification: z.enum(classifications).optional(),
});

const caseSchema = z.strictObject({
  title: z.string().min(1).max(120),
  script: file,
  /** The fault it is tried on. */
  fault: id,
});

const teamRoleSchema = z
  .strictObject({ role: z.enum(playerRoles), min: z.int().min(0).max(8), max: z.int().min(1).max(8) })
  .refine(({ min, max }) => min <= max, 'min must not be above max');

const serviceSchema = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  port: z.int().min(1).max(65_535),
  title: z.string(),
  scheme: z.enum(['http', 'https', 'auto']),
  healthPath: z.string().startsWith('/'),
  metricsPath: z.string().startsWith('/').optional(),
});

const perMinute = z.number().positive().max(1e9).optional();

/** An outside party that sells answers, at `http://NAME.providers`; see infra/images/provider. Its first key is the team's. */
const providerSchema = z.strictObject({
  name: objectName,
  /** Whose manners it has: alpha OpenAI's, beta Anthropic's. */
  face: z.enum(['alpha', 'beta']),
  /** US dollars a calendar month. Absent: no limit. */
  monthlyLimitUsd: z.number().nonnegative().optional(),
  keys: z
    .array(
      z.strictObject({
        id,
        team: z.string().min(1).max(100).optional(),
        /** From here on it has expired. */
        expiresAt: z.iso.datetime().optional(),
        /** In place of what each model allows. */
        limitsPerMinute: z
          .strictObject({ requests: perMinute, tokens: perMinute, inputTokens: perMinute, outputTokens: perMinute })
          .optional(),
        maxConcurrent: z.int().min(1).max(10_000).optional(),
      }),
    )
    .min(1)
    .max(20)
    .default([{ id: 'team' }]),
});

/** lab.yaml, with a variant's values put in. Keys that are not here are errors. */
export const labSchema = z.strictObject({
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.0.0'),
  title: z.string().min(1).max(80),
  summary: z.string().min(1).max(400),
  level: z.enum(['foundation', 'intermediate', 'advanced']),
  minutes: z.int().min(1).max(480),
  incidentMinutes: z.int().min(1).max(240),
  tracks: z.array(z.enum(['administrator', 'platform-engineer', 'technical-lead'])).min(1),
  objectives: z.array(z.string().min(1)).min(1),
  passMark: z.int().min(1).max(100),
  /** Whether AI assistants may help. A default: cohorts and interviews may say otherwise. */
  ai: z.enum(['none', 'allowed', 'required']).default('allowed'),
  variants: variantsSchema,
  needs: needsSchema.prefault({}),
  endpoint: endpointSchema,
  services: z.array(serviceSchema).default([]),
  /** Manifests may name `{{NAMEUrl}}`, `{{NAMEKey}}` and `{{NAMEKey_ID}}` of each, with underscores for dashes. */
  providers: z
    .array(providerSchema)
    .max(4)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have names of their own')
    .default([]),
  /** Objects that are there before the trainee begins. */
  start: z.array(file).default([]),
  /** With the above, the healthy state. */
  healthy: z.array(file).min(1),
  /** A script that adds to the healthy state what is in no object, such as keys that a server has issued. Run in the workspace, again after each reset. */
  complete: file.optional(),
  /** Files that the trainee finds in ~/lab, by the folder that holds them. */
  workspace: file.optional(),
  /** Folders below `_shared`, beside the lab's own or ours, whose files the trainee finds in ~/lab too. They count as files of the lab. */
  shared: z
    .array(id)
    .max(8)
    .refine((all) => new Set(all).size === all.length, 'must name each folder once')
    .default([]),
  checks: z.record(id, checkSchema),
  steps: z.array(stepSchema).min(1),
  faults: z.array(faultSchema).min(1),
  /** Roles of a team that may take the lab together, and how many of each; empty: only alone. */
  team: z
    .array(teamRoleSchema)
    .refine((all) => new Set(all.map(({ role }) => role)).size === all.length, 'must name each role once')
    .default([]),
  /** Status updates as a good hand tells them, on a clock: what `lab prove` hands in for checks of the kind status. See status-series.ts. */
  status: file.optional(),
  /** What is written besides: each is judged by checks of the kind artefact, and by people after its rubric. */
  artefacts: z.array(labArtefactSchema).max(6).default([]),
  /** What a trainee may have measured from outside, as often as it is of use. */
  measure: z.array(workloadSchema).max(4).default([]),
  /** The checks of the verdict. */
  verdict: z.array(id).min(1),
  alternatives: z.array(caseSchema).default([]),
  /** Incidents that are mended and badly told: they pass, and must lose the credit of `caughtBy`. */
  slips: z.array(caseSchema.extend({ status: file, caughtBy: z.array(id).min(1) })).default([]),
  cheats: z
    .array(
      caseSchema.extend({
        /** Checks that must be among those that fail: a cheat that fails by accident proves nothing. */
        caughtBy: z.array(id).min(1),
      }),
    )
    .default([]),
});

export type LabFile = z.infer<typeof labSchema>;
export type LabStep = LabFile['steps'][number];
export type LabProvider = LabFile['providers'][number];
export type LabFault = LabFile['faults'][number];

/** For editors; kept beside the labs as lab.schema.json. Placeholders make any value a text, so that types are not enforced there. */
export function labJsonSchema(): object {
  return z.toJSONSchema(labSchema, { io: 'input', unrepresentable: 'any' });
}
