import type { Migration } from 'kysely';

/** Readiness and placements, mentors and their notes, comments on artefacts, calendar links, and what was dismissed of reminders. */
export const training: Migration = {
  async up(db) {
    await db.schema
      .createTable('readiness_drafts')
      .addColumn('person_id', 'text', (c) => c.primaryKey().references('people.id'))
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('answers', 'text', (c) => c.notNull())
      .addColumn('saved_at_ms', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('placements')
      .addColumn('person_id', 'text', (c) => c.notNull().references('people.id'))
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('track', 'text', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('placements_key', ['person_id', 'seq'])
      .execute();
    await db.schema
      .createTable('mentorships')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('mentor_id', 'text', (c) => c.notNull().references('people.id'))
      .addColumn('trainee_id', 'text', (c) => c.notNull().references('people.id'))
      .addColumn('since_ms', 'bigint', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('ended_at_ms', 'bigint')
      .execute();
    await db.schema.createIndex('mentorships_by_trainee').on('mentorships').column('trainee_id').execute();
    await db.schema.createIndex('mentorships_by_mentor').on('mentorships').column('mentor_id').execute();
    await db.schema
      .createTable('mentor_notes')
      .addColumn('mentorship_id', 'text', (c) => c.notNull().references('mentorships.id').onDelete('cascade'))
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('mentor_notes_key', ['mentorship_id', 'seq'])
      .execute();
    await db.schema
      .createTable('artefact_comments')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('artefact_id', 'text', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('thread_id', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('place', 'text')
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addColumn('resolved_at_ms', 'bigint')
      .addColumn('resolved_by', 'text')
      .execute();
    await db.schema
      .createIndex('artefact_comments_by_artefact')
      .unique()
      .on('artefact_comments')
      .columns(['attempt_id', 'artefact_id', 'seq'])
      .execute();
    await db.schema
      .createTable('calendar_links')
      .addColumn('person_id', 'text', (c) => c.primaryKey().references('people.id'))
      .addColumn('token_hash', 'text', (c) => c.notNull().unique())
      .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('fetched_at_ms', 'bigint')
      .execute();
    await db.schema
      .createTable('dismissed_reminders')
      .addColumn('person_id', 'text', (c) => c.notNull().references('people.id'))
      .addColumn('reminder_id', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('dismissed_reminders_key', ['person_id', 'reminder_id'])
      .execute();
  },
};
