import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { scoreStatus, statusRules, type StatusFinding } from '../incidents/status-score.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';

/** What was told to others during the incident, judged by rules of GRADING.md (Drills). All that are named must be kept; several checks may share the rules. */
export const statusCheckSchema = z
  .strictObject({
    ...checkFields,
    kind: z.literal('status'),
    rules: z
      .array(z.enum(statusRules))
      .min(1)
      .default([...statusRules]),
  })
  .refine(({ critical }) => !critical, 'what is told adds to the score; the state of the service decides');

export type StatusCheck = z.infer<typeof statusCheckSchema>;

export async function runStatusCheck(check: StatusCheck, context: CheckContext): Promise<Verdict> {
  const record = await context.fetchIncident?.();
  if (record === undefined) return fail('The incident has not begun, so there is nothing to tell yet.');
  // Only keys that were read are known, so the one that a text is most likely to hold is read now.
  if (check.rules.includes('safe')) await context.credentials.key('good');
  const findings = scoreStatus(record, context.credentials.secrets).filter(({ rule }) => check.rules.includes(rule));
  const evidence = [
    ...findings.map((finding) => observe(context, 'note', describe(finding))),
    observe(context, 'file', `${record.updates.length} status ${record.updates.length === 1 ? 'update' : 'updates'}, as told.`, record),
  ];
  const missed = findings.filter(({ kind }) => kind === 'missed');
  if (missed.length > 0) return fail(missed.map(({ words }) => words).join(' '), evidence);
  return record.updates.length === 0 ? fail(firstWords(findings), evidence) : pass(evidence);
}

function describe({ rule, kind, words }: StatusFinding): string {
  return `${RULE_TITLES[rule]}: ${kind === 'open' ? 'not yet due' : kind}. ${words}`;
}

function firstWords([first]: readonly StatusFinding[]): string {
  return `${first?.words ?? ''} Open the tab Status.`.trim();
}

const RULE_TITLES: Readonly<Record<StatusFinding['rule'], string>> = {
  'first-notice': 'First notice',
  scope: 'Who is affected',
  cadence: 'No long silence',
  fields: 'Impact and next word named',
  promise: 'Promised words kept',
  claims: 'Claims are true',
  safe: 'No secrets, no personal data',
};
