import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Role } from '../contract/roles.ts';

/**
 * The tables. Types are those that SQLite and PostgreSQL share: times are milliseconds since the epoch, flags are 0 or 1, documents are
 * JSON as text. Sequence numbers are given out by the one server that holds the data (see data-lock.ts), not by the database.
 */
export interface Tables {
  people: PeopleTable;
  links: LinksTable;
  sessions: SessionsTable;
  cohorts: CohortsTable;
  cohort_members: CohortMembersTable;
  attempts: AttemptsTable;
  attempt_steps: AttemptStepsTable;
  journal: JournalTable;
  sandboxes: SandboxesTable;
  terminals: TerminalsTable;
  recordings: RecordingsTable;
  verdicts: VerdictsTable;
  overrides: OverridesTable;
  evidence: EvidenceTable;
  artefacts: ArtefactsTable;
  artefact_versions: ArtefactVersionsTable;
  artefact_ratings: ArtefactRatingsTable;
  audit: AuditTable;
  settings: SettingsTable;
}

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

export interface PeopleTable {
  id: string;
  name: string;
  /** In lower case; unique. */
  email: string;
  role: Role;
  state: 'invited' | 'active' | 'disabled';
  /** Argon2id in PHC form; null until a password was set. */
  password_hash: string | null;
  created_at_ms: number;
  last_seen_at_ms: number | null;
}
export type PersonRow = Selectable<PeopleTable>;

export interface LinksTable {
  id: string;
  token_hash: string;
  person_id: string;
  kind: 'set-password' | 'sign-in';
  created_at_ms: number;
  expires_at_ms: number;
  used_at_ms: number | null;
}

export interface SessionsTable {
  id: string;
  token_hash: string;
  /** The token before the last rotation, good for a short while so that requests under way do not fail. */
  previous_token_hash: string | null;
  person_id: string;
  created_at_ms: number;
  rotated_at_ms: number;
  last_used_at_ms: number;
}
export type SessionRow = Selectable<SessionsTable>;

export interface CohortsTable {
  id: string;
  name: string;
  created_at_ms: number;
}

export interface CohortMembersTable {
  cohort_id: string;
  person_id: string;
}

export interface AttemptsTable {
  id: string;
  person_id: string;
  lab_slug: string;
  state: string;
  revision: number;
  created_at_ms: number;
  /** Null while it runs. A partial unique index on it allows one running attempt a person and lab. */
  ended_at_ms: number | null;
  score: number | null;
  /** attempts/attempt.ts `Attempt`. */
  document: string;
}

/** What the steps said when the sandbox was made; kept apart because it is large and never changes. */
export interface AttemptStepsTable {
  attempt_id: string;
  content: string;
}

export interface JournalTable {
  attempt_id: string;
  /** Counts from 1 within its attempt. */
  seq: number;
  at_ms: number;
  kind: string;
  text: string;
  actor_id: string | null;
}

export interface SandboxesTable {
  id: string;
  attempt_id: string | null;
  state: 'provisioning' | 'in use' | 'releasing' | 'lost';
  created_at_ms: number;
}

export interface TerminalsTable {
  id: string;
  attempt_id: string;
  title: string;
  state: 'open' | 'ended';
  created_at_ms: number;
  ended_at_ms: number | null;
  columns: number;
  rows: number;
}

export interface RecordingsTable {
  id: string;
  attempt_id: string;
  terminal_id: string;
  terminal_title: string;
  started_at_ms: number;
}

export interface VerdictsTable {
  attempt_id: string;
  graded_at_ms: number;
  outcome: string;
  score: number;
  /** grader/verdict.ts `Scorecard`. */
  scorecard: string;
  restored_after_ms: number | null;
}

export interface OverridesTable {
  attempt_id: string;
  /** Counts from 1 within its attempt; the last one holds, all are kept. */
  seq: number;
  at_ms: number;
  by_id: string;
  outcome: 'passed' | 'failed';
  reason: string;
}

/** Append-only and hash-linked: `hash` covers the row and the hash before it. */
export interface EvidenceTable {
  seq: number;
  at_ms: number;
  attempt_id: string;
  kind: string;
  payload: string;
  previous_hash: string;
  hash: string;
}

/** Something to be written in an attempt. */
export interface ArtefactsTable {
  attempt_id: string;
  artefact_id: string;
  position: number;
  /** labs/lab-stage.ts `OfferedArtefact`, as it was when the sandbox was made. */
  offered: string;
  /** Grows with every save and submission. */
  revision: number;
  submitted_version: number | null;
  submitted_at_ms: number | null;
}

export interface ArtefactVersionsTable {
  attempt_id: string;
  artefact_id: string;
  /** Counts from 1 within its artefact. */
  version: number;
  by_id: string;
  started_at_ms: number;
  saved_at_ms: number;
  submitted: number;
  /** grader/artefacts/artefact.ts `ArtefactContent`. */
  content: string;
}

export interface ArtefactRatingsTable {
  attempt_id: string;
  artefact_id: string;
  /** Counts from 1 within its artefact; the last one holds, all are kept. */
  seq: number;
  version: number;
  at_ms: number;
  by_id: string;
  /** 0 to 3 by the rubric's items. */
  scores: string;
  comment: string;
  accepted: number;
}

export interface AuditTable {
  seq: number;
  at_ms: number;
  actor_id: string | null;
  actor_name: string | null;
  action: string;
  subject: string | null;
  detail: string;
  address: string | null;
}

export interface SettingsTable {
  key: string;
  value: string;
}
