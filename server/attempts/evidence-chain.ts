import { createHash } from 'node:crypto';
import { Semaphore } from '../semaphore.ts';
import type { Db, Tx } from '../store/schema.ts';
import { holdSetting, readSetting, writeSetting } from '../store/settings.ts';

export interface EvidenceRecord {
  /** The id of the attempt, certificate or improvement that it is about. */
  readonly attemptId: string;
  /** `verdict`, `recordings`, `override`, `regrade`, `artefact-rating`, `certificate-issued` and so on. */
  readonly kind: string;
  readonly atMs: number;
  readonly payload: unknown;
}

interface Link {
  readonly seq: number;
  readonly at_ms: number;
  readonly attempt_id: string;
  readonly kind: string;
  readonly payload: string;
  readonly previous_hash: string;
}

const GENESIS = '0'.repeat(64);
const HEAD_SETTING = 'evidence-head';

/**
 * Every verdict, override and certificate, append-only, each row's hash covering the one before it: a row that is changed or taken out afterwards
 * breaks the chain from there on. Appending happens inside the transaction of what it is evidence for.
 *
 * Each row needs the hash of the last one that was committed, by whichever server. So appending holds the chain's head until the transaction ends, and is the
 * last thing that a transaction does: one that changed other rows afterwards could wait for a transaction that waits for the head.
 */
export class EvidenceChain {
  readonly #turn = new Semaphore(1);

  /** Runs one transaction of this server at a time: those that wait for the head of the chain would each keep a connection. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#turn.run(work);
  }

  /** Holds the chain as it is until the transaction ends; for whoever must look at it before appending. */
  async hold(tx: Tx): Promise<void> {
    await holdSetting(tx, HEAD_SETTING, showHead({ seq: 0, hash: GENESIS }));
  }

  /** Answers the new link's hash. Only within {@link EvidenceChain.exclusive}, and last in its transaction. */
  async append(tx: Tx, record: EvidenceRecord): Promise<string> {
    await this.hold(tx);
    const last = await tx.selectFrom('evidence').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
    const link: Link = {
      seq: (last?.seq ?? 0) + 1,
      at_ms: record.atMs,
      attempt_id: record.attemptId,
      kind: record.kind,
      payload: JSON.stringify(record.payload),
      previous_hash: last?.hash ?? GENESIS,
    };
    const hash = hashOf(link);
    await tx
      .insertInto('evidence')
      .values({ ...link, hash })
      .execute();
    await writeSetting(tx, HEAD_SETTING, showHead({ seq: link.seq, hash }));
    return hash;
  }
}

/** What may be wrong, in the order of the chain; the first one found is told. */
export type ChainFault = 'missing' | 'changed' | 'not linked' | 'cut off' | 'beyond its anchor';

export type ChainReport =
  | { readonly intact: true; readonly rows: number; readonly head: string }
  | {
      readonly intact: false;
      readonly brokenAtSeq: number;
      readonly fault: ChainFault;
      /** Of the row that stands there; null where none does. */
      readonly attemptId: string | null;
      readonly kind: string | null;
    };

export type EvidenceRow = Link & { readonly hash: string };

const PAGE_ROWS = 200;

/** Every row from the first on, in order; pages through a chain of any length. */
export async function* readEvidence(db: Db): AsyncGenerator<EvidenceRow> {
  let seq = -1;
  for (;;) {
    const rows = await db.selectFrom('evidence').selectAll().where('seq', '>', seq).orderBy('seq').limit(PAGE_ROWS).execute();
    for (const row of rows) yield row;
    const last = rows.at(-1);
    if (last === undefined) return;
    seq = last.seq;
  }
}

/**
 * Walks the whole chain from its start and tells the first link that does not hold. The newest link is also noted apart from the chain;
 * `anchor` (`SEQ:HASH`, told earlier to somebody else) shows as well that the chain as it was then is still its beginning.
 */
export async function verifyChain(db: Db, anchor?: string, onRow: (row: EvidenceRow) => void = () => undefined): Promise<ChainReport> {
  const outside = anchor === undefined ? undefined : parseHead(anchor);
  let head: Head = { seq: 0, hash: GENESIS };
  for await (const row of readEvidence(db)) {
    const fault = faultOf(row, head) ?? (outside?.seq === row.seq && outside.hash !== row.hash ? 'changed' : undefined);
    if (fault !== undefined)
      return { intact: false, brokenAtSeq: fault === 'missing' ? head.seq + 1 : row.seq, fault, attemptId: row.attempt_id, kind: row.kind };
    head = { seq: row.seq, hash: row.hash };
    onRow(row);
  }
  const noted = await readSetting(db, HEAD_SETTING);
  const recorded = noted === undefined ? { seq: 0, hash: GENESIS } : parseHead(noted);
  const cutAt = [recorded, outside].some((known) => known !== undefined && known.seq > head.seq);
  if (cutAt) return { intact: false, brokenAtSeq: head.seq + 1, fault: 'cut off', attemptId: null, kind: null };
  if (recorded.seq !== head.seq || recorded.hash !== head.hash)
    return { intact: false, brokenAtSeq: recorded.seq + 1, fault: 'beyond its anchor', attemptId: null, kind: null };
  return { intact: true, rows: head.seq, head: showHead(head) };
}

interface Head {
  readonly seq: number;
  readonly hash: string;
}

function faultOf(row: EvidenceRow, previous: Head): ChainFault | undefined {
  if (row.seq !== previous.seq + 1) return 'missing';
  if (row.hash !== hashOf(row)) return 'changed';
  return row.previous_hash === previous.hash ? undefined : 'not linked';
}

function showHead({ seq, hash }: Head): string {
  return `${seq}:${hash}`;
}

/** What is no head counts as one that no chain reaches, so that a damaged anchor is never taken for none. */
function parseHead(text: string): Head {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? { seq: Number.MAX_SAFE_INTEGER, hash: '' } : { seq: Number(seq), hash };
}

function hashOf(link: Link): string {
  const covered = [link.seq, link.at_ms, link.attempt_id, link.kind, link.payload, link.previous_hash];
  return createHash('sha256').update(JSON.stringify(covered)).digest('hex');
}
