import { z } from 'zod';
import { aiPolicySchema, attemptAiSchema } from './ai-policy.ts';
import { attemptModeSchema } from './labs.ts';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';
import { startTeamSchema, teamMemberSchema, teamRoleSchema } from './teams.ts';

/**
 * POST   /api/attempts                          startAttemptSchema -> attemptSchema (201); AlreadyRunning names the running one
 * GET    /api/attempts?person=&lab=             -> { attempts: attemptSummarySchema[] } (own; instructors and managers: anyone's)
 * GET    /api/attempts/:id                      -> attemptSchema
 * POST   /api/attempts/:id/extend               -> attemptSchema (adds the policy's minutes; NoExtensionsLeft)
 * POST   /api/attempts/:id/reset                resetSchema -> attemptSchema
 * POST   /api/attempts/:id/incident             startIncidentSchema -> attemptSchema (guided: build steps done; NotHealthy says what is not)
 * POST   /api/attempts/:id/grade                -> attemptSchema (asks for the verdict; also happens when time runs out with the fault live)
 * POST   /api/attempts/:id/abandon              -> attemptSchema
 * POST   /api/attempts/:id/steps/:step/check    -> attemptSchema (checks now instead of at the next tick)
 * POST   /api/attempts/:id/steps/:step/skip     -> attemptSchema (runs the solution, forfeits the credit)
 * POST   /api/attempts/:id/steps/:step/hints/:n -> attemptSchema (unlocks hint n, counted from 0; HintLocked before its time)
 * POST   /api/attempts/:id/terminals            -> terminalSchema (201; TerminalLimit)
 * DELETE /api/attempts/:id/terminals/:terminal  -> 204
 * GET    /api/attempts/:id/services             -> { services: serviceSchema[] } (health as of now)
 * GET    /api/attempts/:id/services/:service/metrics -> metricsSchema (a scrape of now, parsed)
 * ANY    /preview/:id/:service/*                the service's own pages, through the cluster's proxy (own attempt; GET and HEAD for observers)
 * GET    /api/attempts/:id/result               -> resultSchema (own, instructors, managers)
 * GET    /api/attempts/:id/recordings           -> { recordings: recordingSchema[] }
 * GET    /api/recordings/:id                    -> asciicast v2 (application/x-asciicast)
 * Instructors:
 * GET    /api/roster                            -> { attempts: rosterEntrySchema[] }
 * POST   /api/attempts/:id/faults               injectFaultSchema -> attemptSchema
 * POST   /api/messages                          sendMessageSchema -> { delivered: number }
 * Managers (instructors may read):
 * GET    /api/grades?cohort=                    -> { grades: gradeSchema[] }
 * GET    /api/grades.csv?cohort=                text/csv
 * POST   /api/attempts/:id/override             overrideSchema -> resultSchema
 */
export const attemptStateSchema = z.enum([
  'requested',
  'provisioning',
  'ready',
  'incident',
  'grading',
  'passed',
  'failed',
  'expired',
  'abandoned',
  /** The platform could not start or keep it; does not count against the person. */
  'broken',
]);
export type AttemptState = z.infer<typeof attemptStateSchema>;

export const checkViewSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  explain: z.string(),
  state: z.enum(['unknown', 'pass', 'fail', 'inconclusive']),
  /** Why it fails and what was seen, in words that teach. */
  reason: z.string().nullable(),
  seen: z.array(z.string()),
  checkedAt: instantSchema.nullable(),
});
export type CheckView = z.infer<typeof checkViewSchema>;

export const hintViewSchema = z.strictObject({
  title: z.string(),
  unlocked: z.boolean(),
  /** When it can be unlocked; null once it can be at any time. */
  availableAt: instantSchema.nullable(),
  markdown: z.string().nullable(),
});

export const stepViewSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  phase: z.enum(['build', 'incident']),
  state: z.enum(['locked', 'open', 'passed', 'skipped']),
  /** Null while locked. Fenced code may carry `run`, `copy` or `reveal` after its language. */
  markdown: z.string().nullable(),
  checks: z.array(checkViewSchema),
  hints: z.array(hintViewSchema),
});
export type StepView = z.infer<typeof stepViewSchema>;

export const progressViewSchema = z.strictObject({
  id: z.string(),
  text: z.string(),
  state: z.enum(['started', 'done', 'failed']),
  at: instantSchema,
  tookMs: z.number().nullable(),
});
export type ProgressView = z.infer<typeof progressViewSchema>;

/** The attempt's clock. While stopped, `remainingMs` stands still; while running it counts from `asOf`. */
export const clockSchema = z.strictObject({
  running: z.boolean(),
  asOf: instantSchema,
  remainingMs: z.number(),
  totalMs: z.number(),
  /** Says so below this. */
  warnBelowMs: z.number(),
  extensionsLeft: z.int(),
  extensionMinutes: z.int(),
  stoppedBecause: z.string().nullable(),
  /** How much of the total is extra time of the person's own; 0 on a clock that several share. */
  extraMs: z.number(),
});
export type AttemptClock = z.infer<typeof clockSchema>;

export const terminalSchema = z.strictObject({
  id: idSchema,
  title: z.string(),
  state: z.enum(['open', 'ended']),
  createdAt: instantSchema,
});
export type TerminalView = z.infer<typeof terminalSchema>;

export const attemptSchema = z.strictObject({
  id: idSchema,
  lab: z.strictObject({ slug: z.string(), title: z.string(), version: z.string() }),
  /** Who asked for it. */
  person: personRefSchema,
  /** Everybody it belongs to, who asked for it among them; one person with the role `solo` unless it is a team's. */
  members: z.array(teamMemberSchema),
  mode: attemptModeSchema,
  state: attemptStateSchema,
  /** Grows with every change, so that an older view never replaces a newer. */
  revision: z.int(),
  createdAt: instantSchema,
  endedAt: instantSchema.nullable(),
  incidentStartedAt: instantSchema.nullable(),
  clock: clockSchema.nullable(),
  /** What is going on, in order; kept for the whole attempt, at most the newest 100. */
  progress: z.array(progressViewSchema),
  /** Set when the platform stands in the way: says what, and that the clock stands still. */
  trouble: z.string().nullable(),
  steps: z.array(stepViewSchema),
  terminals: z.array(terminalSchema),
  /** The shell's namespace for the preview and the header. */
  namespace: z.string().nullable(),
  /** Status updates belong to it: they are judged, or there is a team that tells others. */
  tellsStatus: z.boolean(),
  canStartIncident: z.boolean(),
  score: z.int().nullable(),
  /** Null for attempts from before there was a rule about AI assistants. */
  ai: attemptAiSchema.nullable(),
  /** Of a candidate, who goes by an alias here. */
  isInterview: z.boolean(),
});
export type AttemptView = z.infer<typeof attemptSchema>;

export const attemptSummarySchema = z.strictObject({
  id: idSchema,
  lab: z.strictObject({ slug: z.string(), title: z.string() }),
  person: personRefSchema,
  /** Empty for an attempt of one person alone. */
  team: z.array(teamMemberSchema.pick({ person: true, role: true })),
  mode: attemptModeSchema,
  state: attemptStateSchema,
  score: z.int().nullable(),
  createdAt: instantSchema,
  endedAt: instantSchema.nullable(),
  /** Of a candidate, who goes by an alias here. */
  isInterview: z.boolean(),
});
export const attemptSummariesSchema = z.strictObject({ attempts: z.array(attemptSummarySchema) });
export type AttemptSummary = z.infer<typeof attemptSummarySchema>;

/** `fault` may be named by instructors and administrators only; absent: the seed decides. */
export const startAttemptSchema = z.strictObject({
  lab: z.string().max(60),
  mode: attemptModeSchema.default('guided'),
  fault: z.string().max(60).optional(),
  /** For labs that have roles for one; absent: alone. */
  team: startTeamSchema.optional(),
  /** The rule about AI assistants that the caller has read; Conflict when another holds. Absent: not read yet. */
  acknowledges: aiPolicySchema.optional(),
});
export const startIncidentSchema = z.strictObject({});
export const resetSchema = z.strictObject({ to: z.enum(['start', 'healthy', 'fault']) });
export const injectFaultSchema = z.strictObject({ fault: z.string().max(60) });
export const sendMessageSchema = z.strictObject({
  text: z.string().trim().min(1).max(1000),
  /** To one attempt's people; absent: to everyone who has an attempt running. */
  attemptId: idSchema.optional(),
});
/** How many people had a page open to read it. */
export const deliveredSchema = z.strictObject({ delivered: z.int() });
export const overrideSchema = z.strictObject({
  outcome: z.enum(['passed', 'failed']),
  reason: z.string().trim().min(10, 'Say why in at least 10 characters').max(2000),
});

export const serviceSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  namespace: z.string(),
  port: z.int(),
  hasMetrics: z.boolean(),
  health: z.enum(['healthy', 'unhealthy', 'unreachable', 'absent']),
  /** What was seen, e.g. `HTTP 200 in 12 ms` or `no ready endpoints`. */
  seen: z.string(),
  previewPath: z.string(),
});
export const servicesSchema = z.strictObject({ services: z.array(serviceSchema) });
export type ServiceView = z.infer<typeof serviceSchema>;

export const metricsSchema = z.strictObject({
  at: instantSchema,
  ok: z.boolean(),
  reason: z.string().nullable(),
  samples: z.array(z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() })).max(2000),
});
export type Metrics = z.infer<typeof metricsSchema>;

export const evidenceSchema = z.strictObject({
  at: instantSchema,
  kind: z.enum(['object', 'probe', 'sample', 'log', 'file', 'baseline', 'note']),
  summary: z.string(),
  detail: z.unknown().optional(),
});

export const resultCheckSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  weight: z.number(),
  critical: z.boolean(),
  hidden: z.boolean(),
  dimension: z.string(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  reason: z.string().nullable(),
  evidence: z.array(evidenceSchema),
  startedAt: instantSchema,
  finishedAt: instantSchema,
});
export type ResultCheck = z.infer<typeof resultCheckSchema>;

export const timelineEntrySchema = z.strictObject({
  at: instantSchema,
  kind: z.string(),
  text: z.string(),
  actor: personRefSchema.nullable(),
});

export const recordingSchema = z.strictObject({
  id: idSchema,
  terminalTitle: z.string(),
  startedAt: instantSchema,
  durationMs: z.number(),
  bytes: z.int(),
});
export const recordingsSchema = z.strictObject({ recordings: z.array(recordingSchema) });
export type Recording = z.infer<typeof recordingSchema>;

export const resultSchema = z.strictObject({
  attempt: attemptSummarySchema,
  outcome: z.enum(['passed', 'failed', 'inconclusive', 'expired', 'abandoned', 'broken']),
  score: z.int().nullable(),
  passMark: z.int(),
  headline: z.string(),
  checks: z.array(resultCheckSchema),
  dimensions: z.array(
    z.strictObject({ dimension: z.string(), level: z.enum(['not yet', 'meets', 'exceeds']), points: z.number(), of: z.number() }),
  ),
  /** From the fault live to the first sample of the healthy window that held; null when not restored. */
  restoredAfterMs: z.number().nullable(),
  hintsUsed: z.int(),
  stepsSkipped: z.int(),
  timeline: z.array(timelineEntrySchema),
  recordings: z.array(recordingSchema),
  override: z
    .strictObject({ by: personRefSchema, at: instantSchema, outcome: z.enum(['passed', 'failed']), reason: z.string() })
    .nullable(),
  /** Null for attempts from before there was a rule about AI assistants. */
  ai: attemptAiSchema.nullable(),
  /** Extra time of the person's own; 0 where several shared the clock. */
  extraMs: z.number(),
  tryNext: z.array(z.string()),
  gradedAt: instantSchema.nullable(),
});
export type Result = z.infer<typeof resultSchema>;

export const rosterEntrySchema = z.strictObject({
  attempt: attemptSummarySchema,
  step: z.strictObject({ index: z.int(), of: z.int(), title: z.string() }).nullable(),
  clock: clockSchema.nullable(),
  /** Faults the lab offers and which is live. */
  faults: z.array(z.strictObject({ id: z.string(), title: z.string() })),
  liveFault: z.string().nullable(),
  hintsUsed: z.int(),
  failingChecks: z.int(),
  /** When the person last typed. */
  lastInputAt: instantSchema.nullable(),
  terminals: z.array(terminalSchema),
  /** The last lines of the busiest terminal as plain text, at most 5 lines of 120 characters. */
  lastLines: z.array(z.string()),
  trouble: z.string().nullable(),
  /** Higher needs help sooner; the reason in words. */
  needsHelp: z.strictObject({ score: z.int(), reason: z.string().nullable() }),
  connected: z.boolean(),
});
export const rosterSchema = z.strictObject({ attempts: z.array(rosterEntrySchema) });
export type RosterEntry = z.infer<typeof rosterEntrySchema>;

export const gradeSchema = z.strictObject({
  attemptId: idSchema,
  person: personRefSchema,
  /** Null when the person worked alone. */
  teamRole: teamRoleSchema.nullable(),
  cohorts: z.array(z.string()),
  lab: z.strictObject({ slug: z.string(), title: z.string() }),
  mode: attemptModeSchema,
  outcome: z.enum(['passed', 'failed', 'expired', 'abandoned', 'inconclusive', 'broken']),
  overridden: z.boolean(),
  score: z.int().nullable(),
  restoredAfterMs: z.number().nullable(),
  hintsUsed: z.int(),
  /** Null for attempts from before there was a rule. */
  aiPolicy: aiPolicySchema.nullable(),
  /** What was declared: the tools, empty for none; null: nothing was declared. */
  aiTools: z.array(z.string()).nullable(),
  startedAt: instantSchema,
  endedAt: instantSchema.nullable(),
});
export const gradesSchema = z.strictObject({ grades: z.array(gradeSchema) });
export type Grade = z.infer<typeof gradeSchema>;
