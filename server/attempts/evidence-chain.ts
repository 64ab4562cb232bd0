import { createHash } from 'node:crypto';
import type { Db, Tx } from '../store/schema.ts';

export interface EvidenceRecord {
  readonly attemptId: string;
  /** `verdict`, `override`. */
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

/**
 * Every verdict and override, append-only, each row's hash covering the one before it: a row that is changed or taken out afterwards
 * breaks the chain from there on. Appending happens inside the transaction of what it is evidence for.
 */
export class EvidenceChain {
  #turn: Promise<unknown> = Promise.resolve();

  /** Runs one transaction at a time, because each row needs the hash of the last one that was committed. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Only within {@link EvidenceChain.exclusive}. */
  async append(tx: Tx, record: EvidenceRecord): Promise<void> {
    const last = await tx.selectFrom('evidence').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
    const link: Link = {
      seq: (last?.seq ?? 0) + 1,
      at_ms: record.atMs,
      attempt_id: record.attemptId,
      kind: record.kind,
      payload: JSON.stringify(record.payload),
      previous_hash: last?.hash ?? GENESIS,
    };
    await tx
      .insertInto('evidence')
      .values({ ...link, hash: hashOf(link) })
      .execute();
  }
}

export type ChainReport = { readonly intact: true; readonly rows: number } | { readonly intact: false; readonly brokenAtSeq: number };

/** Walks the whole chain from its start. */
export async function verifyChain(db: Db): Promise<ChainReport> {
  let previousHash = GENESIS;
  let seq = 0;
  for (;;) {
    const rows = await db.selectFrom('evidence').selectAll().where('seq', '>', seq).orderBy('seq').limit(200).execute();
    if (rows.length === 0) return { intact: true, rows: seq };
    for (const row of rows) {
      if (row.seq !== seq + 1 || row.previous_hash !== previousHash || row.hash !== hashOf(row))
        return { intact: false, brokenAtSeq: seq + 1 };
      previousHash = row.hash;
      seq = row.seq;
    }
  }
}

function hashOf(link: Link): string {
  const covered = [link.seq, link.at_ms, link.attempt_id, link.kind, link.payload, link.previous_hash];
  return createHash('sha256').update(JSON.stringify(covered)).digest('hex');
}
