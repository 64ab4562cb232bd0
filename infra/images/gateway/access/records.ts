import { z } from 'zod';

/** What a key or a team may do and has spent. Times are milliseconds since the epoch, money is US dollars. */
const allowance = {
  /** Model groups that may be called; empty: all. */
  models: z.array(z.string().max(200)).max(500),
  spend: z.number(),
  maxBudget: z.number().optional(),
  /** As given, e.g. `30d`. */
  budgetDuration: z.string().optional(),
  budgetResetAtMs: z.number().optional(),
  rpmLimit: z.number().optional(),
  tpmLimit: z.number().optional(),
  maxParallelRequests: z.number().optional(),
  blocked: z.boolean(),
  metadata: z.record(z.string(), z.unknown()),
  createdAtMs: z.number(),
};

export const keyRecordSchema = z.object({
  ...allowance,
  /** SHA-256 of the key, in hex: all that is kept of it. */
  hash: z.string(),
  /** `sk-...` and the last four characters, for people. */
  name: z.string(),
  alias: z.string().optional(),
  teamId: z.string().optional(),
  userId: z.string().optional(),
  expiresAtMs: z.number().optional(),
  modelRpmLimit: z.record(z.string(), z.number()),
  modelTpmLimit: z.record(z.string(), z.number()),
});

export const teamRecordSchema = z.object({ ...allowance, id: z.string(), alias: z.string().optional() });

export const dailySpendSchema = z.object({
  /** `2026-11-21`, in UTC. */
  day: z.string(),
  team: z.string(),
  keyHash: z.string(),
  model: z.string(),
  spend: z.number(),
  requests: z.number(),
  tokens: z.number(),
});

export const stateSchema = z.object({
  version: z.literal(1),
  keys: z.array(keyRecordSchema),
  teams: z.array(teamRecordSchema),
  daily: z.array(dailySpendSchema),
});

export type KeyRecord = Readonly<z.infer<typeof keyRecordSchema>>;
export type TeamRecord = Readonly<z.infer<typeof teamRecordSchema>>;
export type DailySpend = Readonly<z.infer<typeof dailySpendSchema>>;
export type GatewayState = Readonly<z.infer<typeof stateSchema>>;
