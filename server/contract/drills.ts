import { z } from 'zod';
import { postStatusSchema, statusUpdateSchema } from './incidents.ts';
import { idSchema, instantSchema, personRefSchema, roleSchema } from './roles.ts';

/**
 * Drills: scripted incidents, played by people with roles. What somebody sees depends on their role in the drill (server/drills/drill-rights.ts).
 * GET  /api/drill-scripts                 -> drillScriptsSchema (instructors)
 * GET  /api/drill-scripts/:slug           -> scriptViewSchema (instructors: it tells everything)
 * GET  /api/drill-people                  -> { people: drillPersonSchema[] } (instructors)
 * GET  /api/drills                        -> { drills: drillSummarySchema[] } (those the caller has a part in; all of them for staff)
 * POST /api/drills                        scheduleDrillSchema -> drillViewSchema (instructors)
 * GET  /api/drills/:id                    -> drillViewSchema, as the caller's role sees it
 * POST /api/drills/:id/moves?seen=        drillMoveSchema -> drillViewSchema (`seen`: drillMoveQuerySchema)
 * GET  /api/drills/:id/review             -> drillReviewSchema (who runs, evaluates or observes it at once; players when it has ended)
 * GET  /api/drills/:id/report.md, .pdf    the after-action report, as the review
 * Sockets: `drill:watch` { drillId } -> {}, then `drill:changed` { drillId, revision } until `drill:unwatch`: the page asks for its own view.
 */
export const drillPlayerRoles = ['commander', 'deputy', 'scribe', 'expert', 'customer-liaison', 'internal-liaison'] as const;
export const drillExerciseRoles = ['facilitator', 'controller', 'evaluator', 'observer'] as const;
export const drillRoleSchema = z.enum([...drillPlayerRoles, ...drillExerciseRoles]);
export type DrillRole = z.infer<typeof drillRoleSchema>;

const playerRoleSchema = z.enum(drillPlayerRoles);
export const drillModeSchema = z.enum(['tabletop', 'live-fire']);
const channelSchema = z.enum(['alert', 'ticket', 'chat', 'mail', 'executive', 'media']);
export type DrillChannel = z.infer<typeof channelSchema>;
const injectKindSchema = z.enum(['information', 'event', 'media', 'fault']);
const text = (max: number) => z.string().trim().min(1).max(max);
const recipientsSchema = z.union([z.literal('everyone'), z.array(playerRoleSchema).min(1).max(playerRoleSchema.options.length)]);
const scenarioMsSchema = z
  .int()
  .min(0)
  .max(24 * 3_600_000);
const injectNumberSchema = z.int().min(1).max(1000);
const serviceStateSchema = z.enum(['up', 'degraded', 'down']);

/** Scripts. */
export const scriptSummarySchema = z.strictObject({
  slug: z.string(),
  title: z.string(),
  summary: z.string(),
  minutes: z.int(),
  injects: z.int(),
  /** The lab of its live fire; null: talk only. */
  lab: z.string().nullable(),
  needed: z.array(playerRoleSchema),
  useful: z.array(playerRoleSchema),
  objectives: z.array(z.string()),
});
export type ScriptSummary = z.infer<typeof scriptSummarySchema>;

export const drillScriptsSchema = z.strictObject({
  scripts: z.array(scriptSummarySchema),
  problems: z.array(
    z.strictObject({ file: z.string(), line: z.int().nullable(), path: z.string().nullable(), message: z.string(), remedy: z.string() }),
  ),
});
export type DrillScripts = z.infer<typeof drillScriptsSchema>;

/** An inject as those see it who run the drill. Times are milliseconds of scenario time. */
export const injectViewSchema = z.strictObject({
  number: z.int(),
  kind: injectKindSchema,
  channel: channelSchema,
  from: z.string(),
  to: z.union([z.literal('everyone'), z.array(playerRoleSchema)]),
  subject: z.string(),
  text: z.string(),
  /** Null: a contingency that is not due. */
  dueMs: z.number().nullable(),
  contingency: z.strictObject({ unanswered: z.int(), afterMs: z.number() }).nullable(),
  expected: z.strictObject({ response: z.string(), withinMs: z.number(), sign: z.string().nullable() }).nullable(),
  objective: z.string().nullable(),
  notes: z.string(),
  improvised: z.boolean(),
  edited: z.boolean(),
  state: z.enum(['pending', 'fired', 'skipped']),
  firedAt: instantSchema.nullable(),
  firedMs: z.number().nullable(),
  firedBy: personRefSchema.nullable(),
  /** What came of it: by itself when the engine sees the sign, else as somebody marked it. */
  answer: z
    .strictObject({
      at: instantSchema,
      afterMs: z.number(),
      outcome: z.enum(['came', 'as-expected', 'partly', 'not']),
      by: personRefSchema.nullable(),
      note: z.string(),
    })
    .nullable(),
});
export type InjectView = z.infer<typeof injectViewSchema>;

export const objectiveSchema = z.strictObject({ id: z.string(), title: z.string(), looksFor: z.string() });
export const scriptViewSchema = z.strictObject({
  ...scriptSummarySchema.shape,
  objectives: z.array(objectiveSchema),
  briefing: z.string(),
  guide: z.string(),
  runbook: z.string(),
  list: z.array(injectViewSchema),
  questions: z.array(z.string()),
});
export type ScriptView = z.infer<typeof scriptViewSchema>;

/** Who can be given a role. */
export const drillPersonSchema = z.strictObject({ id: idSchema, name: z.string(), accountRole: roleSchema });
export type DrillPerson = z.infer<typeof drillPersonSchema>;

/** Scheduling. */
const MAX_MEMBERS = 30;
export const drillMemberInputSchema = z.strictObject({ personId: idSchema, role: drillRoleSchema });
export const scheduleDrillSchema = z.strictObject({
  script: z.string().max(80),
  mode: drillModeSchema,
  /** When people should be there; absent: now. */
  startsAt: instantSchema.optional(),
  members: z.array(drillMemberInputSchema).min(1).max(MAX_MEMBERS),
});
export type ScheduleDrill = z.infer<typeof scheduleDrillSchema>;

export const drillStateSchema = z.enum(['scheduled', 'running', 'paused', 'ended']);
export const drillSummarySchema = z.strictObject({
  id: idSchema,
  title: z.string(),
  mode: drillModeSchema,
  state: drillStateSchema,
  startsAt: instantSchema,
  endedAt: instantSchema.nullable(),
  /** The caller's. */
  role: drillRoleSchema.nullable(),
  members: z.array(z.strictObject({ person: personRefSchema, role: drillRoleSchema })),
});
export type DrillSummary = z.infer<typeof drillSummarySchema>;

const scoreSchema = z.int().min(0).max(3);
export const communicationSchema = z.strictObject({
  clarity: scoreSchema,
  audience: scoreSchema,
  rationale: scoreSchema,
  blamelessness: scoreSchema,
});
export const communicationItems = ['clarity', 'audience', 'rationale', 'blamelessness'] as const;
export const objectiveRatingSchema = z.enum(['performed', 'some-challenges', 'major-challenges', 'unable']);
export type ObjectiveRating = z.infer<typeof objectiveRatingSchema>;

const improviseSchema = z.strictObject({
  kind: z.enum(['information', 'event', 'media']),
  channel: channelSchema,
  from: text(80),
  to: recipientsSchema,
  subject: text(120),
  text: text(4000),
  /** Absent: at once. */
  atMs: scenarioMsSchema.optional(),
});

/** Everything that people do in a drill. Who may do which is in server/drills/drill-rights.ts. */
export const drillMoveSchema = z.discriminatedUnion('move', [
  z.strictObject({ move: z.literal('start') }),
  z.strictObject({ move: z.literal('pause'), reason: z.string().trim().max(200).default('') }),
  z.strictObject({ move: z.literal('resume') }),
  /** `between`: what happens to injects that would have come meanwhile. */
  z.strictObject({ move: z.literal('jump'), toMs: scenarioMsSchema, between: z.enum(['fire', 'skip']) }),
  z.strictObject({ move: z.literal('fire'), inject: injectNumberSchema }),
  z.strictObject({ move: z.literal('skip'), inject: injectNumberSchema, reason: z.string().trim().max(200).default('') }),
  z.strictObject({
    move: z.literal('edit'),
    inject: injectNumberSchema,
    subject: text(120),
    text: text(4000),
    /** New scenario time; absent: as it was. */
    atMs: scenarioMsSchema.optional(),
  }),
  z.strictObject({ move: z.literal('improvise'), inject: improviseSchema }),
  z.strictObject({ move: z.literal('checkpoint'), label: text(80) }),
  z.strictObject({ move: z.literal('rewind'), checkpoint: z.int().min(1) }),
  z.strictObject({ move: z.literal('service'), state: serviceStateSchema, seen: text(200) }),
  z.strictObject({ move: z.literal('give-role'), personId: idSchema, role: drillRoleSchema }),
  z.strictObject({ move: z.literal('take-part-away'), personId: idSchema }),
  z.strictObject({ move: z.literal('end') }),
  z.strictObject({
    move: z.literal('mark'),
    inject: injectNumberSchema,
    outcome: z.enum(['as-expected', 'partly', 'not']),
    note: z.string().trim().max(600).default(''),
  }),
  z.strictObject({ move: z.literal('confirm'), entry: z.int().min(1) }),
  z.strictObject({ move: z.literal('note'), text: text(2000) }),
  z.strictObject({
    move: z.literal('rate-objective'),
    objective: z.string().max(60),
    rating: objectiveRatingSchema,
    comment: z.string().trim().max(2000).default(''),
  }),
  z.strictObject({ move: z.literal('rate-communication'), scores: communicationSchema, comment: z.string().trim().max(2000).default('') }),
  z.strictObject({
    move: z.literal('hot-wash'),
    about: z.enum(['well', 'not-well', 'action']),
    text: text(1000),
    owner: z.string().trim().max(80).default(''),
  }),
  z.strictObject({ move: z.literal('acknowledge'), inject: injectNumberSchema }),
  z.strictObject({ move: z.literal('act'), text: text(1000), inject: injectNumberSchema.optional() }),
  z.strictObject({ move: z.literal('suppose'), text: text(1000), inject: injectNumberSchema.optional() }),
  z.strictObject({ move: z.literal('declare'), what: z.enum(['incident', 'mitigated', 'verified']), text: text(500) }),
  z.strictObject({ move: z.literal('status'), update: postStatusSchema }),
  /** `to`: everybody, those who run and watch it, or one person alone. */
  z.strictObject({ move: z.literal('say'), to: z.union([z.enum(['everyone', 'exercise']), idSchema]), text: text(2000) }),
  z.strictObject({ move: z.literal('leave') }),
]);
export type DrillMove = z.infer<typeof drillMoveSchema>;

/**
 * `seen`: the newest revision that the caller's page showed. Given with it, a move on what somebody else has changed since then (the clock, an inject, a
 * person's role, the service) is refused as a Conflict that says who was faster.
 */
export const drillMoveQuerySchema = z.strictObject({ seen: z.coerce.number().int().min(0).optional() });

/** One thing that happened, as the caller may see it. `words` says it whole; the rest is for drawing. */
export const timelineEntrySchema = z.strictObject({
  seq: z.int(),
  at: instantSchema,
  /** Scenario time. */
  atMs: z.number(),
  kind: z.string(),
  by: personRefSchema.nullable(),
  words: z.string(),
  detail: z.string(),
  /** A rewind took it back. */
  undone: z.boolean(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export const drillMessageSchema = z.strictObject({
  seq: z.int(),
  at: instantSchema,
  by: personRefSchema,
  to: z.union([z.enum(['everyone', 'exercise']), personRefSchema]),
  text: z.string(),
});

export const inboxItemSchema = z.strictObject({
  number: z.int(),
  at: instantSchema,
  channel: channelSchema,
  from: z.string(),
  subject: z.string(),
  text: z.string(),
  acknowledgedBy: z.array(personRefSchema),
});
export type InboxItem = z.infer<typeof inboxItemSchema>;

export const drillServiceSchema = z.strictObject({
  state: z.enum([...serviceStateSchema.options, 'unknown']),
  seen: z.string(),
  since: instantSchema.nullable(),
  /** The newest last; at most 240. */
  samples: z.array(z.strictObject({ at: instantSchema, state: serviceStateSchema })),
});

/** What those who run, evaluate or observe it see besides; parts that a role does not see are empty. */
export const exerciseViewSchema = z.strictObject({
  guide: z.string(),
  list: z.array(injectViewSchema),
  checkpoints: z.array(z.strictObject({ id: z.int(), label: z.string(), at: instantSchema, atMs: z.number() })),
  timeline: z.array(timelineEntrySchema),
  objectives: z.array(
    objectiveSchema.extend({
      ratings: z.array(z.strictObject({ by: personRefSchema, rating: objectiveRatingSchema, comment: z.string() })),
    }),
  ),
  communication: z.array(z.strictObject({ by: personRefSchema, scores: communicationSchema, comment: z.string() })),
  hotWash: z.array(
    z.strictObject({
      seq: z.int(),
      by: personRefSchema,
      about: z.enum(['well', 'not-well', 'action']),
      text: z.string(),
      owner: z.string(),
    }),
  ),
  questions: z.array(z.string()),
});

export const drillRightSchema = z.enum(['run', 'evaluate', 'play', 'status', 'type', 'command', 'chat']);
export type DrillRight = z.infer<typeof drillRightSchema>;

export const drillViewSchema = z.strictObject({
  id: idSchema,
  title: z.string(),
  summary: z.string(),
  mode: drillModeSchema,
  state: drillStateSchema,
  minutes: z.int(),
  startsAt: instantSchema,
  endedAt: instantSchema.nullable(),
  /** Scenario time at the moment `asOf`; runs on from there while `running`. */
  clock: z.strictObject({ scenarioMs: z.number(), running: z.boolean(), asOf: instantSchema }),
  me: z.strictObject({ role: drillRoleSchema.nullable(), rights: z.array(drillRightSchema) }),
  members: z.array(z.strictObject({ person: personRefSchema, role: drillRoleSchema, presence: z.enum(['here', 'away', 'not-yet']) })),
  briefing: z.string(),
  runbook: z.string(),
  inbox: z.array(inboxItemSchema),
  messages: z.array(drillMessageSchema),
  status: z.array(statusUpdateSchema),
  service: drillServiceSchema.nullable(),
  /** In live fire, once it has begun. */
  sandbox: z.strictObject({ attemptId: idSchema.nullable(), words: z.string(), ready: z.boolean() }).nullable(),
  /** What the team did, said aloud; players see it too. */
  log: z.array(timelineEntrySchema),
  exercise: exerciseViewSchema.nullable(),
  /** Grows with everything that happens. */
  revision: z.int(),
});
export type DrillView = z.infer<typeof drillViewSchema>;

export const drillRefSchema = z.strictObject({ drillId: idSchema });
export const drillChangedSchema = z.strictObject({ drillId: idSchema, revision: z.int() });

/** What the drill showed. Times are milliseconds of play since the incident began, pauses left out; null: never. */
export const drillReviewSchema = z.strictObject({
  drillId: idSchema,
  times: z.array(
    z.strictObject({
      id: z.enum(['detect', 'diagnose', 'mitigate', 'verify']),
      title: z.string(),
      ms: z.number().nullable(),
      words: z.string(),
    }),
  ),
  status: z.array(z.strictObject({ rule: z.string(), met: z.boolean(), words: z.string() })),
  statusMet: z.int(),
  answers: z.strictObject({ expected: z.int(), came: z.int(), inTime: z.int() }),
  objectives: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      rating: objectiveRatingSchema.nullable(),
      ratedBy: z.int(),
      comments: z.array(z.string()),
    }),
  ),
  communication: z.array(z.strictObject({ item: z.enum(communicationItems), mean: z.number().nullable(), ratedBy: z.int() })),
  hotWash: exerciseViewSchema.shape.hotWash,
  timeline: z.array(timelineEntrySchema),
  postmortem: z.string(),
});
export type DrillReview = z.infer<typeof drillReviewSchema>;
