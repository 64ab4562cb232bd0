import { sql, type Kysely, type Migration } from 'kysely';

/** Whom attempts belong to, what their teams told others, and how the service did meanwhile. */
export const incidents: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('attempt_members')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('person_id', 'text', (c) => c.notNull().references('people.id'))
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('joined_at_ms', 'bigint')
      .addColumn('running_lab', 'text')
      .addPrimaryKeyConstraint('attempt_members_key', ['attempt_id', 'person_id'])
      .execute();
    // Nulls are distinct from one another in both engines, so what has ended is not in anybody's way.
    await db.schema
      .createIndex('attempt_members_one_running')
      .unique()
      .on('attempt_members')
      .columns(['person_id', 'running_lab'])
      .execute();
    await sql`
      insert into attempt_members (attempt_id, person_id, role, joined_at_ms, running_lab)
      select id, person_id, 'solo', created_at_ms, case when ended_at_ms is null then lab_slug end from attempts`.execute(db);
    await db.schema.dropIndex('attempts_one_running').execute();
    await db.schema
      .createTable('status_updates')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('status_updates_key', ['attempt_id', 'seq'])
      .execute();
    await db.schema
      .createTable('incident_samples')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('failing', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('incident_samples_key', ['attempt_id', 'seq'])
      .execute();
  },
};
