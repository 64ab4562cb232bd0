import { sql } from 'kysely';
import type { Db, Tx } from '../store/schema.ts';

/** One write to a recording by its `writer`: lines for the bytes from `atByte` on, and raw output that ends before the byte of number `endSeq`. */
export interface Recorded {
  readonly terminalId: string;
  readonly writer: number;
  readonly atByte: number;
  readonly endByte: number;
  readonly endSeq: number;
  /** Empty: no lines. */
  readonly cast: string;
  /** Empty: no output. */
  readonly base64: string;
  /** Output that ends there or before need not be kept; 0: all is. */
  readonly prunedUpTo: number;
}

/** All of it or nothing; false when another writer has taken over. The lines may be there from a write whose answer was lost: then they are a beginning of these. */
export type SaveRecorded = (recorded: Recorded) => Promise<boolean>;

/** PostgreSQL does it in one round trip, which counts with hundreds of terminals that each write four times a second. */
export async function saveAtOnce(db: Db, recorded: Recorded): Promise<boolean> {
  const { terminalId, writer, atByte, endByte, endSeq, cast, base64, prunedUpTo } = recorded;
  const { rows } = await sql`
    with mine as (
      update recording_writers set cast_bytes = ${endByte}::bigint, end_seq = ${endSeq}::bigint
      where terminal_id = ${terminalId} and writer = ${writer}::integer
      returning terminal_id
    ), lines as (
      insert into recording_chunks (terminal_id, at_byte, end_byte, text)
      select terminal_id, ${atByte}::bigint, ${endByte}::bigint, ${cast}::text from mine where ${cast !== ''}::boolean
      on conflict (terminal_id, at_byte) do update set end_byte = excluded.end_byte, text = excluded.text
    ), output as (
      insert into replay_chunks (terminal_id, end_seq, base64)
      select terminal_id, ${endSeq}::bigint, ${base64}::text from mine where ${base64 !== ''}::boolean
      on conflict (terminal_id, end_seq) do nothing
    ), pruned as (
      delete from replay_chunks using mine
      where replay_chunks.terminal_id = mine.terminal_id and replay_chunks.end_seq <= ${prunedUpTo}::bigint
    )
    select terminal_id from mine`.execute(db);
  return rows.length > 0;
}

export async function saveInTransaction(db: Db, recorded: Recorded): Promise<boolean> {
  const { terminalId, writer, atByte, endByte, endSeq, cast, prunedUpTo } = recorded;
  return db.transaction().execute(async (tx) => {
    const mine = await tx
      .updateTable('recording_writers')
      .set({ cast_bytes: endByte, end_seq: endSeq })
      .where('terminal_id', '=', terminalId)
      .where('writer', '=', writer)
      .returning('terminal_id')
      .executeTakeFirst();
    if (mine === undefined) return false;
    if (cast !== '')
      await tx
        .insertInto('recording_chunks')
        .values({ terminal_id: terminalId, at_byte: atByte, end_byte: endByte, text: cast })
        .onConflict((conflict) => conflict.columns(['terminal_id', 'at_byte']).doUpdateSet({ end_byte: endByte, text: cast }))
        .execute();
    await insertReplay(tx, recorded);
    await tx.deleteFrom('replay_chunks').where('terminal_id', '=', terminalId).where('end_seq', '<=', prunedUpTo).execute();
    return true;
  });
}

export async function insertReplay(
  tx: Tx,
  { terminalId, endSeq, base64 }: Pick<Recorded, 'terminalId' | 'endSeq' | 'base64'>,
): Promise<void> {
  if (base64 === '') return;
  await tx
    .insertInto('replay_chunks')
    .values({ terminal_id: terminalId, end_seq: endSeq, base64 })
    .onConflict((conflict) => conflict.columns(['terminal_id', 'end_seq']).doNothing())
    .execute();
}
