import type { LabVersions } from '../../labs/lab-versions.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../store/schema.ts';

export interface StoredVersionParts {
  readonly db: Db;
  readonly clock: Clock;
  /** From the time of one server: what only it has is kept in the database from then on. */
  readonly earlier: Pick<LabVersions, 'find'>;
}

/** Versions of labs in the database, for servers that share it. While servers are replaced, the old ones and the new ones find each other's labs here. */
export function storedLabVersions({ db, clock, earlier }: StoredVersionParts): LabVersions {
  const keep = async (hash: string, document: string): Promise<void> => {
    const begun = { begun_at_ms: clock.now() };
    const known = await db.updateTable('lab_versions').set(begun).where('hash', '=', hash).executeTakeFirst();
    if (known.numUpdatedRows > 0n) return;
    await db
      .insertInto('lab_versions')
      .values({ hash, document, ...begun })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  };
  return {
    keep,
    find: async (hash) => {
      const row = await db.selectFrom('lab_versions').select('document').where('hash', '=', hash).executeTakeFirst();
      if (row !== undefined) return row.document;
      const found = await earlier.find(hash);
      if (found !== undefined) await keep(hash, found);
      return found;
    },
    prune: async (needed, { nowMs, olderThanMs }) => {
      let old = db.deleteFrom('lab_versions').where('begun_at_ms', '<=', nowMs - olderThanMs);
      // PostgreSQL takes no empty list.
      if (needed.size > 0) old = old.where('hash', 'not in', [...needed]);
      return Number((await old.executeTakeFirst()).numDeletedRows);
    },
  };
}
