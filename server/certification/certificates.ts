import { randomUUID } from 'node:crypto';
import type { People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import { mayWatchOthers } from '../attempts/permissions.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { Candidate, Certificate, ProgressList, Register } from '../contract/certification.ts';
import type { PersonRef } from '../contract/roles.ts';
import { newId } from '../ids.ts';
import { Semaphore } from '../semaphore.ts';
import type { CertificateRow, Db, PersonRow } from '../store/schema.ts';
import { BadgeSite, planCredential, toJwtPayload, type BadgeFacts } from './badge.ts';
import type { CertificateRecords, IssuedDocument } from './certificate-records.ts';
import { mayRevoke, renewsFrom, viewCertificate, viewProgress, type ViewContext } from './certificate-view.ts';
import type { Definition } from './definition.ts';
import { describeEvidence } from './describe-evidence.ts';
import type { FactFinder } from './fact-finder.ts';
import type { PersonFacts } from './facts.ts';
import type { LoadedDefinitions } from './load-definitions.ts';
import { evaluate, type EvidenceRef } from './requirements.ts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';
import { planExpiry, stateOf } from './validity.ts';

export interface CertificateParts {
  readonly db: Db;
  readonly records: CertificateRecords;
  readonly facts: FactFinder;
  readonly loaded: LoadedDefinitions;
  readonly keys: SigningKeys;
  readonly people: People;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly publicUrl: () => string;
  /** The public address was chosen, and is not merely where the server happens to listen. */
  readonly addressIsLasting: boolean;
  readonly flushStore: () => Promise<void>;
}

/** What people do with certificates: look, issue, renew, revoke. Each command checks who asks. */
export class Certificates {
  readonly #parts: CertificateParts;
  /** One at a time in this server, so that two clicks issue one certificate; the store holds servers apart. */
  readonly #turn = new Semaphore(1);

  constructor(parts: CertificateParts) {
    this.#parts = parts;
  }

  async progress(actor: PersonRow, personId: string): Promise<ProgressList> {
    if (personId !== actor.id && !mayWatchOthers(actor)) throw notFound('person');
    const person = await this.#parts.people.require(personId);
    const [facts, held, context] = await Promise.all([
      this.#parts.facts.find(personId),
      this.#parts.records.list(personId),
      this.#context(actor),
    ]);
    return {
      person: { id: person.id, name: person.name },
      certificates: this.#definitions.map((definition) => viewProgress(definition, facts, newestOf(held, definition), context)),
    };
  }

  async read(actor: PersonRow, certificateId: string): Promise<Certificate> {
    const row = await this.#parts.records.require(certificateId);
    if (row.person_id !== actor.id && !mayWatchOthers(actor)) throw notFound('certificate');
    return this.#view(actor, row);
  }

  /** Everybody's certificates, and who has met something of what could be issued. For staff. */
  async register(actor: PersonRow): Promise<Register> {
    const [people, rows, context] = await Promise.all([this.#parts.people.list(), this.#parts.records.list(), this.#context(actor)]);
    const known = await this.#parts.facts.findAll(people.map(({ id }) => id));
    const active = people.filter(({ state }) => state !== 'disabled');
    return {
      candidates: active.flatMap((person) => {
        const facts = known.get(person.id);
        const held = rows.filter((row) => row.person_id === person.id);
        return facts === undefined
          ? []
          : this.#definitions.flatMap((definition) => candidateOf(definition, person, facts, held, context) ?? []);
      }),
      issued: rows.flatMap((row) => {
        const facts = known.get(row.person_id);
        return facts === undefined ? [] : [viewCertificate(row, facts, context)];
      }),
      addressIsLasting: this.#parts.addressIsLasting,
      problems: this.#parts.loaded.problems.map(
        ({ file, line, message, remedy }) => `${file}${line === undefined ? '' : `:${line}`}: ${message} ${remedy}`,
      ),
    };
  }

  /** Asked again for what is held and valid: answers that one. Throws Forbidden for oneself, Conflict with what is missing. */
  async issue(actor: PersonRow, personId: string, definitionId: string, address: string): Promise<Certificate> {
    return this.#turn.run(async () => {
      const definition = this.#require(definitionId);
      const person = await this.#parts.people.require(personId);
      refuseOneself(actor, personId);
      if (person.state === 'disabled')
        throw new AppError('Conflict', `The account of ${person.name} is closed.`, {
          remedy: 'Ask an administrator to open it again first.',
        });
      const held = newestOf(await this.#parts.records.list(personId), definition);
      const renews = held === undefined ? undefined : renewsFrom(definition, held, this.#parts.clock.now());
      if (held !== undefined && renews === undefined && this.#stateOf(held) === 'valid') return this.#view(actor, held);
      const facts = await this.#parts.facts.find(personId);
      const evidence = requireComplete(definition, facts, renews);
      const row = await this.#sign({ actor, person, definition, evidence, held: held?.id, renewsHeld: renews !== undefined });
      if (row === undefined)
        throw new AppError('Conflict', `Somebody else issued ${definition.title} to ${person.name} at the same moment.`, {
          remedy: 'Nothing is left to do: reload the page and look at it.',
        });
      await this.#note(actor, renews === undefined ? 'certificate.issued' : 'certificate.renewed', row, address);
      return this.#view(actor, row);
    });
  }

  /** A new certificate in the place of one whose window for renewal is open. */
  async renew(actor: PersonRow, certificateId: string, address: string): Promise<Certificate> {
    const row = await this.#parts.records.require(certificateId);
    const definition = this.#require(row.definition_id);
    if (row.revoked_at_ms !== null)
      throw new AppError('Conflict', 'A revoked certificate is not renewed.', {
        remedy: 'Issue a new one when everything it asks for is met.',
      });
    const newest = newestOf(await this.#parts.records.list(row.person_id), definition);
    if (newest?.id === row.id && renewsFrom(definition, row, this.#parts.clock.now()) === undefined)
      throw new AppError('Conflict', 'It is too early to renew this certificate.', {
        remedy: (await this.#view(actor, row)).renewal === null ? 'It does not expire.' : 'Its page says from when on it may be renewed.',
      });
    return this.issue(actor, row.person_id, row.definition_id, address);
  }

  /** Throws Conflict when it was revoked before: the first reason is the one that was published. */
  async revoke(actor: PersonRow, certificateId: string, reason: string, address: string): Promise<Certificate> {
    return this.#turn.run(async () => {
      const row = await this.#parts.records.require(certificateId);
      if (!mayRevoke(actor, row))
        throw new AppError('Forbidden', 'Nobody revokes a certificate of their own.', { remedy: 'Ask another manager.' });
      if (row.revoked_at_ms !== null)
        throw new AppError('Conflict', `It was revoked already, on ${toInstant(row.revoked_at_ms).slice(0, 10)}.`, {
          remedy: 'Nothing is left to do; the reason given then is the one that is shown.',
        });
      const revoked = await this.#parts.records.revoke(row, { byId: actor.id, reason, atMs: this.#parts.clock.now() });
      if (!revoked)
        throw new AppError('Conflict', 'Somebody else revoked it at the same moment.', {
          remedy: 'Nothing is left to do; the reason given then is the one that is shown.',
        });
      await this.#note(actor, 'certificate.revoked', row, address, { reason });
      return this.#view(actor, await this.#parts.records.require(certificateId));
    });
  }

  get #definitions(): readonly Definition[] {
    return this.#parts.loaded.definitions;
  }

  #require(definitionId: string): Definition {
    const definition = this.#definitions.find(({ id }) => id === definitionId);
    if (definition === undefined) throw notFound('kind of certificate');
    return definition;
  }

  #stateOf(row: CertificateRow): ReturnType<typeof stateOf> {
    return stateOf({ validUntilMs: row.valid_until_ms, revokedAtMs: row.revoked_at_ms }, this.#parts.clock.now());
  }

  async #sign(wanted: {
    readonly actor: PersonRow;
    readonly person: PersonRow;
    readonly definition: Definition;
    readonly evidence: readonly EvidenceRef[];
    /** The newest of this kind. */
    readonly held: string | undefined;
    readonly renewsHeld: boolean;
  }): Promise<CertificateRow | undefined> {
    const { actor, person, definition, evidence, held, renewsHeld } = wanted;
    const { keys, records, clock } = this.#parts;
    const site = new BadgeSite(this.#parts.publicUrl());
    // JWT counts in whole seconds, and the badge and its claims must agree.
    const issuedAtMs = Math.floor(clock.now() / 1000) * 1000;
    const { id, title, summary, criteria, tags, hash } = definition;
    const document: IssuedDocument = { definition: { id, title, summary, criteria, tags, hash }, evidence };
    const facts = {
      certificateId: newId('certificate'),
      definition: document.definition,
      holderName: person.name,
      holderId: `urn:uuid:${randomUUID()}`,
      issuedAtMs,
      validUntilMs: planExpiry(issuedAtMs, definition.validMonths),
      evidence: await describeEvidence(this.#parts.db, evidence, site),
    };
    const key = await keys.current();
    const row = await records.issue(held, async (place) => ({
      id: facts.certificateId,
      definition_id: definition.id,
      person_id: person.id,
      person_name: person.name,
      document: JSON.stringify(document),
      jwt: await seal(key, { ...facts, status: place }, site),
      key_id: key.id,
      status_list: place.list,
      status_index: place.index,
      issued_at_ms: issuedAtMs,
      valid_until_ms: facts.validUntilMs,
      issued_by: actor.id,
      renews: renewsHeld ? (held ?? null) : null,
    }));
    await this.#parts.flushStore();
    return row;
  }

  async #view(actor: PersonRow, row: CertificateRow): Promise<Certificate> {
    const [facts, context] = await Promise.all([this.#parts.facts.find(row.person_id), this.#context(actor)]);
    return viewCertificate(row, facts, context);
  }

  async #context(viewer: PersonRow): Promise<ViewContext> {
    const names = await this.#parts.people.names();
    const nameOf = (personId: string): PersonRef => names.get(personId) ?? { id: personId, name: '' };
    return { definitions: this.#definitions, viewer, nameOf, nowMs: this.#parts.clock.now() };
  }

  async #note(actor: PersonRow, action: string, row: CertificateRow, address: string, detail: object = {}): Promise<void> {
    await this.#parts.flushStore();
    await this.#parts.audit.record({
      actor,
      action,
      subject: row.id,
      detail: { certificate: row.definition_id, person: row.person_id, ...detail },
      address,
    });
  }
}

function seal(key: SigningKey, badge: BadgeFacts, site: BadgeSite): Promise<string> {
  return key.sign(toJwtPayload(planCredential(badge, site), badge, site), site.key(key.id), 'JWT');
}

/** Rows come the newest first. */
function newestOf(rows: readonly CertificateRow[], definition: Definition): CertificateRow | undefined {
  return rows.find((row) => row.definition_id === definition.id);
}

function refuseOneself(actor: PersonRow, personId: string): void {
  if (actor.id === personId)
    throw new AppError('Forbidden', 'Nobody certifies themselves.', { remedy: 'Ask another instructor or a manager.' });
}

function requireComplete(definition: Definition, facts: PersonFacts, since: number | undefined): readonly EvidenceRef[] {
  const { complete, requirements } = evaluate(definition, facts, since);
  if (complete) return requirements.flatMap(({ evidence }) => evidence);
  const missing = requirements.filter(({ met }) => !met);
  throw new AppError(
    'Conflict',
    `Not everything is met for ${definition.title}: ${missing.map(({ title, why }) => `${title}: ${why}`).join(' ')}`,
    {
      remedy: missing.map(({ next }) => next ?? '').join(' '),
      issues: missing.map(({ id, why }) => ({ path: id, message: why })),
    },
  );
}

/** Undefined for whoever has met nothing of it, and for whoever holds it and has nothing to renew yet. */
function candidateOf(
  definition: Definition,
  person: PersonRef,
  facts: PersonFacts,
  held: readonly CertificateRow[],
  { viewer, nowMs }: ViewContext,
): Candidate | undefined {
  const newest = newestOf(held, definition);
  const since = newest === undefined ? undefined : renewsFrom(definition, newest, nowMs);
  const holds =
    newest !== undefined && stateOf({ validUntilMs: newest.valid_until_ms, revokedAtMs: newest.revoked_at_ms }, nowMs) === 'valid';
  if (holds && since === undefined) return undefined;
  const { complete, requirements } = evaluate(definition, facts, since);
  const met = requirements.filter((requirement) => requirement.met).length;
  if (met === 0) return undefined;
  return {
    person: { id: person.id, name: person.name },
    definition: { id: definition.id, title: definition.title },
    met,
    of: requirements.length,
    complete,
    renews: since === undefined ? null : (newest?.id ?? null),
    refusal: person.id === viewer.id ? 'Nobody certifies themselves.' : null,
  };
}
