import { z } from 'zod';
import { classifications } from '../../grader/artefacts/forms.ts';
import { durationSchema } from '../../grader/check-fields.ts';
import { playerRoles } from '../../grader/incidents/roles.ts';

/** `alert` and `ticket` come from machines and users, `executive` is somebody important who is not amused, `media` is the world outside. */
const channels = ['alert', 'ticket', 'chat', 'mail', 'executive', 'media'] as const;

/** What the engine sees by itself as an answer to an inject. Everything else is seen by people, who mark it. */
const signs = ['acknowledged', 'action', 'hypothesis', 'status-update', 'verified'] as const;

const id = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be of small letters, digits and dashes');
const words = (max: number): z.ZodString => z.string().trim().min(1).max(max);
const number = z.int().min(1).max(200);

const injectSchema = z.strictObject({
  number,
  /** Scenario time. Absent for a contingency. */
  at: durationSchema.optional(),
  /** A contingency: comes when the answer that the inject `unanswered` expects has not come so long after that inject was fired. */
  when: z.strictObject({ unanswered: number, after: durationSchema }).optional(),
  kind: z.enum(['information', 'event', 'media', 'fault']),
  channel: z.enum(channels),
  /** Who says it, as players read it. */
  from: words(80),
  /** Roles that it reaches. Nobody: the facilitators alone, as with most faults. */
  to: z.union([z.literal('everyone'), z.array(z.enum(playerRoles)).max(playerRoles.length)]),
  subject: words(120),
  /** Markdown. */
  text: words(4000),
  /** For `fault`, in live fire: one of the lab's faults. */
  fault: id.optional(),
  /** How the service looks from outside from here on, where no probe can tell: in a tabletop. */
  service: z.strictObject({ state: z.enum(['up', 'degraded', 'down']), seen: words(200) }).optional(),
  expect: z.strictObject({ response: words(600), within: durationSchema, sign: z.enum(signs).optional() }).optional(),
  /** The objective that the answer is evidence for. */
  objective: id.optional(),
  /** For evaluators and those who run it; players never see them. */
  notes: z.string().max(2000).default(''),
});

/** A drill's script, a Master Scenario Events List and what belongs to it. Keys that are not here are errors. */
export const drillScriptSchema = z.strictObject({
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.0.0'),
  title: words(80),
  summary: words(400),
  /** How long it plays, without briefing and hot wash. */
  minutes: z.int().min(5).max(240),
  /** What players are told before it begins. Markdown. */
  briefing: words(4000),
  /** For whoever runs it and has never seen it: what to prepare, what really happened, how to steer. Markdown. */
  guide: words(8000),
  /** What the team has at hand. Markdown. */
  runbook: words(8000),
  /** Where the remedy belongs, if anything was wrong. */
  classification: z.enum([...classifications, 'none']),
  /** Given where it can be run as live fire, in a sandbox of this lab; every script can be talked through. */
  live: z.strictObject({ lab: id }).optional(),
  roles: z.strictObject({
    needed: z.array(z.enum(playerRoles)).min(2),
    useful: z.array(z.enum(playerRoles)).default([]),
  }),
  objectives: z
    .array(z.strictObject({ id, title: words(160), looksFor: words(600) }))
    .min(2)
    .max(8),
  /** The inject from which times are counted: from then on something is wrong, or seems to be. */
  begins: number,
  injects: z.array(injectSchema).min(4).max(60),
  /** Asked in the hot wash. */
  questions: z.array(words(200)).min(2).max(8),
});

export type DrillScript = z.infer<typeof drillScriptSchema>;
export type ScriptInject = DrillScript['injects'][number];

/** For editors; kept beside the scripts as drill.schema.json. */
export function drillJsonSchema(): object {
  return z.toJSONSchema(drillScriptSchema, { io: 'input', unrepresentable: 'any' });
}
