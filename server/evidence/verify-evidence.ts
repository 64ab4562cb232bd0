import { createHash } from 'node:crypto';
import type { Scorecard } from '../../grader/verdict.ts';
import { verifyChain, type ChainFault, type EvidenceRow } from '../attempts/evidence-chain.ts';
import type { Happening } from '../drills/drill-entry.ts';
import { digestEntries, DRILL_ENDED, DRILL_JUDGED, isJudging, type DrillSeal, type StoredEntry } from '../drills/drill-evidence.ts';
import type { Db } from '../store/schema.ts';
import type { RecordingStore } from '../terminals/recording-store.ts';
import { hashRecording, RECORDINGS_SEALED, type SealedRecording } from './recording-seals.ts';

export interface EvidenceReport {
  readonly entries: number;
  /** `SEQ:HASH` of the newest entry: kept elsewhere, it shows later that nothing was taken away since. Null while the chain is broken. */
  readonly head: string | null;
  /** The first link that does not hold, or else everything that the store says otherwise than the chain; a sentence each. */
  readonly problems: readonly string[];
  /** What could not be looked at, and is no proof of anything. */
  readonly remarks: readonly string[];
}

export interface EvidenceSource {
  readonly db: Db;
  /** Undefined: recordings are not looked at. */
  readonly recordings: RecordingStore | undefined;
  /** A head that was told earlier. */
  readonly anchor?: string;
}

/** What the chain says of each subject last, small enough to hold for all of them. */
interface Claims {
  readonly verdicts: Map<string, Claim>;
  readonly overrides: Map<string, Claim[]>;
  readonly ratings: Map<string, Claim[]>;
  readonly issued: Map<string, Claim>;
  readonly revoked: Map<string, Claim>;
  readonly drills: Map<string, DrillSeal & { readonly seq: number }>;
  readonly judgements: Map<string, Claim[]>;
  readonly recordings: { readonly seq: number; readonly attemptId: string; readonly recording: SealedRecording }[];
}

interface Claim {
  readonly seq: number;
  readonly digest: string;
}

/** Walks the chain; when it holds, compares what the pages show (verdicts, overrides, ratings, certificates, drills, recordings) with what it says. */
export async function verifyEvidence({ db, recordings: store, anchor }: EvidenceSource): Promise<EvidenceReport> {
  const claims: Claims = {
    verdicts: new Map(),
    overrides: new Map(),
    ratings: new Map(),
    issued: new Map(),
    revoked: new Map(),
    drills: new Map(),
    judgements: new Map(),
    recordings: [],
  };
  const chain = await verifyChain(db, anchor, (row) => note(row, claims));
  if (!chain.intact) {
    const entries = chain.brokenAtSeq - 1;
    return { entries, head: null, problems: [tellFault(chain.fault, chain.brokenAtSeq, chain.kind, chain.attemptId)], remarks: [] };
  }
  const problems = [
    ...(await compareVerdicts(db, claims)),
    ...(await compareOverrides(db, claims)),
    ...(await compareRatings(db, claims)),
    ...(await compareCertificates(db, claims)),
    ...(await compareDrills(db, claims)),
  ];
  const recordings =
    store === undefined ? { problems: [], remarks: ['Recordings were not looked at.'] } : await compareRecordings(store, claims);
  return { entries: chain.rows, head: chain.head, problems: [...problems, ...recordings.problems], remarks: recordings.remarks };
}

function tellFault(fault: ChainFault, seq: number, kind: string | null, subject: string | null): string {
  const entry = kind === null ? `Entry ${seq}` : `Entry ${seq} (${kind} of ${subject ?? 'nothing'})`;
  switch (fault) {
    case 'missing':
      return `Entry ${seq} is missing; the next one that is there is a ${kind ?? 'record'} of ${subject ?? 'nothing'}. It was taken out, or the order was changed.`;
    case 'changed':
      return `${entry} is not what it was when it was written: its hash does not fit what it says.`;
    case 'not linked':
      return `${entry} does not follow from the one before it: its link names another hash. It was put in, or the one before it was exchanged.`;
    case 'cut off':
      return `Entry ${seq} and what followed it are gone: the newest entry was noted apart from the chain, and the chain ends before it.`;
    case 'beyond its anchor':
      return `Entry ${seq} was not written by this program: it stands beyond the newest entry that was noted apart from the chain.`;
  }
}

function note(row: EvidenceRow, claims: Claims): void {
  const payload = JSON.parse(row.payload) as Readonly<Record<string, unknown>>;
  const claim = (value: unknown): Claim => ({ seq: row.seq, digest: digest(value) });
  switch (row.kind) {
    case 'verdict':
      claims.verdicts.set(row.attempt_id, claim(payload['scorecard']));
      break;
    case 'override':
      push(claims.overrides, row.attempt_id, claim([payload['atMs'], payload['byId'], payload['outcome'], payload['reason']]));
      break;
    case 'artefact-rating': {
      const { artefactId, version, atMs, byId, scores, comment, accepted } = payload;
      push(claims.ratings, `${row.attempt_id} ${String(artefactId)}`, claim([version, atMs, byId, scores, comment, accepted]));
      break;
    }
    case 'certificate-issued':
      claims.issued.set(row.attempt_id, claim([payload['personId'], payload['jwt']]));
      break;
    case 'certificate-revoked':
      claims.revoked.set(row.attempt_id, claim([payload['atMs'], payload['byId'], payload['reason']]));
      break;
    case DRILL_ENDED:
      claims.drills.set(row.attempt_id, { ...(payload as unknown as DrillSeal), seq: row.seq });
      break;
    case DRILL_JUDGED:
      push(claims.judgements, row.attempt_id, claim([payload['seq'], payload['atMs'], payload['actorId'], payload['document']]));
      break;
    case RECORDINGS_SEALED:
      for (const recording of payload['recordings'] as SealedRecording[])
        claims.recordings.push({ seq: row.seq, attemptId: row.attempt_id, recording });
      break;
  }
}

async function compareVerdicts(db: Db, { verdicts }: Claims): Promise<string[]> {
  const rows = await db.selectFrom('verdicts').select(['attempt_id', 'outcome', 'score', 'scorecard']).execute();
  const known = new Set(rows.map((row) => row.attempt_id));
  return [
    ...rows.flatMap((row) => {
      const claim = verdicts.get(row.attempt_id);
      const scorecard = JSON.parse(row.scorecard) as Scorecard;
      if (claim === undefined) return [`The verdict of attempt ${row.attempt_id} is in no entry.`];
      if (claim.digest !== digest(scorecard)) return [`The verdict of attempt ${row.attempt_id} differs from entry ${claim.seq}.`];
      return row.outcome === scorecard.outcome && row.score === scorecard.score
        ? []
        : [`The outcome of attempt ${row.attempt_id} differs from its own scorecard in entry ${claim.seq}.`];
    }),
    ...[...verdicts].flatMap(([attemptId, { seq }]) =>
      known.has(attemptId) ? [] : [`The verdict of attempt ${attemptId} in entry ${seq} is not in the store any more.`],
    ),
  ];
}

async function compareOverrides(db: Db, { overrides }: Claims): Promise<string[]> {
  const rows = await db.selectFrom('overrides').selectAll().orderBy('seq').execute();
  return compareLists(
    'override',
    overrides,
    rows,
    (row) => row.attempt_id,
    (row) => [row.at_ms, row.by_id, row.outcome, row.reason],
  );
}

async function compareRatings(db: Db, { ratings }: Claims): Promise<string[]> {
  const rows = await db.selectFrom('artefact_ratings').selectAll().orderBy('seq').execute();
  const key = (row: (typeof rows)[number]): string => `${row.attempt_id} ${row.artefact_id}`;
  return compareLists('rating', ratings, rows, key, (row) => [
    row.version,
    row.at_ms,
    row.by_id,
    JSON.parse(row.scores) as unknown,
    row.comment,
    row.accepted === 1,
  ]);
}

/** The rows of a subject, in their order, are the entries of that subject, in theirs. */
function compareLists<Row>(
  what: string,
  claims: ReadonlyMap<string, readonly Claim[]>,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  valueOf: (row: Row) => unknown,
): string[] {
  const stored = new Map<string, Row[]>();
  for (const row of rows) push(stored, keyOf(row), row);
  return [...new Set([...claims.keys(), ...stored.keys()])].flatMap((key) => {
    const entries = claims.get(key) ?? [];
    const kept = stored.get(key) ?? [];
    const differing = entries.find((entry, index) => {
      const row = kept[index];
      return row === undefined || digest(valueOf(row)) !== entry.digest;
    });
    if (differing !== undefined) return [`The ${what} of ${key} differs from entry ${differing.seq}, or is gone.`];
    return kept.length > entries.length ? [`The last ${what} of ${key} is in no entry.`] : [];
  });
}

async function compareCertificates(db: Db, { issued, revoked }: Claims): Promise<string[]> {
  const rows = await db.selectFrom('certificates').selectAll().execute();
  const known = new Set(rows.map(({ id }) => id));
  return [
    ...rows.flatMap((row) => {
      const entry = issued.get(row.id);
      if (entry === undefined) return [`Certificate ${row.id} is in no entry.`];
      if (entry.digest !== digest([row.person_id, row.jwt])) return [`Certificate ${row.id} differs from entry ${entry.seq}.`];
      const ended = revoked.get(row.id);
      const kept = row.revoked_at_ms === null ? undefined : digest([row.revoked_at_ms, row.revoked_by, row.revoke_reason]);
      return kept === ended?.digest
        ? []
        : [
            `The revocation of certificate ${row.id} differs from ${ended === undefined ? 'the log, which has none' : `entry ${ended.seq}`}.`,
          ];
    }),
    ...[...issued].flatMap(([id, { seq }]) => (known.has(id) ? [] : [`Certificate ${id} of entry ${seq} is not in the store any more.`])),
  ];
}

/** The record of a drill until it ended, and every judgement of it. */
async function compareDrills(db: Db, { drills, judgements }: Claims): Promise<string[]> {
  const problems: string[] = [];
  const judged: { readonly drillId: string; readonly entry: StoredEntry }[] = [];
  const rows = await db.selectFrom('drills').select(['id', 'ended_at_ms']).execute();
  for (const { id, ended_at_ms: endedAtMs } of rows) {
    const entries = await storedEntries(db, id);
    judged.push(...entries.filter(({ document }) => isJudgement(document)).map((entry) => ({ drillId: id, entry })));
    const seal = drills.get(id);
    if (endedAtMs === null) {
      if (seal !== undefined) problems.push(`Drill ${id} has not ended, and in entry ${seal.seq} it has.`);
    } else if (seal === undefined) problems.push(`The end of drill ${id} is in no entry.`);
    else if (digestEntries(entries.slice(0, seal.entries)) !== seal.sha256 || endedAtMs !== seal.endedAtMs)
      problems.push(`The record of drill ${id} differs from entry ${seal.seq}.`);
  }
  const known = new Set(rows.map(({ id }) => id));
  for (const [id, { seq }] of drills) if (!known.has(id)) problems.push(`Drill ${id} of entry ${seq} is not in the store any more.`);
  const differing = compareLists(
    'judgement of drill',
    judgements,
    judged,
    ({ drillId }) => drillId,
    ({ entry: { seq, atMs, actorId, document } }) => [seq, atMs, actorId, document],
  );
  return [...problems, ...differing];
}

async function storedEntries(db: Db, drillId: string): Promise<readonly StoredEntry[]> {
  const rows = await db.selectFrom('drill_entries').selectAll().where('drill_id', '=', drillId).orderBy('seq').execute();
  return rows.map(({ seq, at_ms, actor_id, document }) => ({ seq, atMs: at_ms, actorId: actor_id, document }));
}

function isJudgement(document: string): boolean {
  return isJudging((JSON.parse(document) as Happening).kind);
}

async function compareRecordings(store: RecordingStore, { recordings }: Claims): Promise<{ problems: string[]; remarks: string[] }> {
  const problems: string[] = [];
  const remarks: string[] = [];
  for (const { seq, attemptId, recording } of recordings) {
    const found = await hashRecording(store, recording.terminalId);
    if (found.sha256 === recording.sha256) continue;
    const which = `The recording "${recording.title}" of attempt ${attemptId}`;
    if (found.sha256 === null) remarks.push(`${which} (entry ${seq}) is not there, so it could not be compared.`);
    else problems.push(`${which} differs from entry ${seq}: ${found.bytes} bytes, ${recording.bytes} when it was sealed.`);
  }
  return { problems, remarks };
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([value]))
    .digest('hex');
}
