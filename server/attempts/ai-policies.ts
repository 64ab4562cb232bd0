import type { Cohorts } from '../accounts/cohorts.ts';
import { notFound } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { AiPolicy, AiRules } from '../contract/ai-policy.ts';
import type { Db, PersonRow } from '../store/schema.ts';
import { planAiPolicy, type AiRule } from './ai-policy-plan.ts';
import type { LabCatalogue } from './lab-catalogue.ts';

/** In the store this stands for all labs, because keys cannot be null. */
const EVERY_LAB = '';

export interface AiPolicyParts {
  readonly db: Db;
  readonly cohorts: Cohorts;
  readonly catalogue: LabCatalogue;
  readonly audit: AuditLog;
}

/** What labs and cohorts say about AI assistants. */
export class AiPolicies {
  readonly #parts: AiPolicyParts;

  constructor(parts: AiPolicyParts) {
    this.#parts = parts;
  }

  async rulesOf(cohortId: string): Promise<AiRules> {
    await this.#parts.cohorts.require(cohortId);
    const rows = await this.#parts.db.selectFrom('ai_rules').selectAll().where('cohort_id', '=', cohortId).orderBy('lab_slug').execute();
    return { rules: rows.map(({ lab_slug, policy }) => ({ lab: lab_slug === EVERY_LAB ? null : lab_slug, policy })) };
  }

  /** Exactly these from now on; attempts that run keep what held when they began. */
  async setRules(actor: PersonRow, cohortId: string, { rules }: AiRules, address: string): Promise<AiRules> {
    const { db, cohorts, catalogue, audit } = this.#parts;
    await cohorts.require(cohortId);
    if (rules.some(({ lab }) => lab !== null && catalogue.find(lab) === undefined)) throw notFound('lab');
    const rows = rules.map(({ lab, policy }) => ({ cohort_id: cohortId, lab_slug: lab ?? EVERY_LAB, policy }));
    await db.transaction().execute(async (tx) => {
      await tx.deleteFrom('ai_rules').where('cohort_id', '=', cohortId).execute();
      if (rows.length > 0) await tx.insertInto('ai_rules').values(rows).execute();
    });
    await audit.record({ actor, action: 'cohort.ai-policy-set', subject: cohortId, detail: { rules }, address });
    return this.rulesOf(cohortId);
  }

  /** What holds for an attempt of these people that begins now. */
  async policyFor(personIds: readonly string[], labSlug: string): Promise<AiPolicy> {
    const rules = await this.#rulesFor(personIds);
    return planAiPolicy(labSlug, this.#parts.catalogue.find(labSlug)?.aiPolicy, rules);
  }

  /** The same for one person and each lab there is. */
  async policiesFor(personId: string): Promise<ReadonlyMap<string, AiPolicy>> {
    const rules = await this.#rulesFor([personId]);
    return new Map(this.#parts.catalogue.labs.map(({ slug, aiPolicy }) => [slug, planAiPolicy(slug, aiPolicy, rules)]));
  }

  async #rulesFor(personIds: readonly string[]): Promise<readonly AiRule[]> {
    if (personIds.length === 0) return [];
    const rows = await this.#parts.db
      .selectFrom('ai_rules')
      .selectAll()
      .where('cohort_id', 'in', (eb) => eb.selectFrom('cohort_members').select('cohort_id').where('person_id', 'in', personIds))
      .execute();
    return rows.map((row) => ({ cohortId: row.cohort_id, lab: row.lab_slug === EVERY_LAB ? null : row.lab_slug, policy: row.policy }));
  }
}
