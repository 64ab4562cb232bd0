import type { Kysely, Selectable, Transaction } from 'kysely';
import type { AiPolicy } from '../contract/ai-policy.ts';
import type { Track } from '../contract/labs.ts';
import type { ImportKind } from '../contract/program.ts';
import type { Role } from '../contract/roles.ts';
import type { TeamRole } from '../contract/teams.ts';

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
  attempt_members: AttemptMembersTable;
  status_updates: StatusUpdatesTable;
  incident_samples: IncidentSamplesTable;
  attempt_steps: AttemptStepsTable;
  journal: JournalTable;
  sandboxes: SandboxesTable;
  terminals: TerminalsTable;
  recordings: RecordingsTable;
  recording_writers: RecordingWritersTable;
  recording_chunks: RecordingChunksTable;
  replay_chunks: ReplayChunksTable;
  verdicts: VerdictsTable;
  overrides: OverridesTable;
  evidence: EvidenceTable;
  artefacts: ArtefactsTable;
  artefact_versions: ArtefactVersionsTable;
  artefact_ratings: ArtefactRatingsTable;
  measurements: MeasurementsTable;
  signing_keys: SigningKeysTable;
  private_keys: PrivateKeysTable;
  lab_versions: LabVersionsTable;
  servers: ServersTable;
  attempt_holders: AttemptHoldersTable;
  certificates: CertificatesTable;
  improvements: ImprovementsTable;
  appeals: AppealsTable;
  api_tokens: ApiTokensTable;
  programmes: ProgrammesTable;
  imports: ImportsTable;
  import_rows: ImportRowsTable;
  readiness_drafts: ReadinessDraftsTable;
  placements: PlacementsTable;
  mentorships: MentorshipsTable;
  mentor_notes: MentorNotesTable;
  artefact_comments: ArtefactCommentsTable;
  calendar_links: CalendarLinksTable;
  dismissed_reminders: DismissedRemindersTable;
  drills: DrillsTable;
  drill_entries: DrillEntriesTable;
  gradings: GradingsTable;
  cohort_managers: CohortManagersTable;
  interviews: InterviewsTable;
  extra_time: ExtraTimeTable;
  ai_rules: AiRulesTable;
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
  /** Null while it runs. */
  ended_at_ms: number | null;
  score: number | null;
  /** attempts/attempt.ts `Attempt`. */
  document: string;
}

/** Whom an attempt belongs to: an index of what its document says, and what allows one running attempt a person and lab. */
export interface AttemptMembersTable {
  attempt_id: string;
  person_id: string;
  role: TeamRole;
  joined_at_ms: number | null;
  /** The lab's slug while the attempt runs and the person plays in it, else null; unique for a person. */
  running_lab: string | null;
}

export interface StatusUpdatesTable {
  attempt_id: string;
  /** Counts from 1 within its attempt. */
  seq: number;
  at_ms: number;
  by_id: string;
  /** incidents/status-records.ts `StatusContent`. */
  content: string;
}

/** How the service was seen from outside, where that changed. */
export interface IncidentSamplesTable {
  attempt_id: string;
  seq: number;
  at_ms: number;
  /** What did not hold, as JSON; empty: all well. */
  failing: string;
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

/** How far a terminal's recording has been written, and by whom; terminals/stored-recordings.ts. */
export interface RecordingWritersTable {
  terminal_id: string;
  /** Counts up with everybody who takes the terminal over. */
  writer: number;
  cast_bytes: number;
  end_seq: number;
}

export interface RecordingChunksTable {
  terminal_id: string;
  at_byte: number;
  end_byte: number;
  text: string;
}

export interface ReplayChunksTable {
  terminal_id: string;
  end_seq: number;
  base64: string;
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

/** Ed25519 keys that sign badges. The private halves are elsewhere (certification/private-keys.ts); a retired key signs no more but still verifies. */
export interface SigningKeysTable {
  /** The RFC 7638 thumbprint. */
  id: string;
  public_jwk: string;
  created_at_ms: number;
  retired_at_ms: number | null;
}

/** Where servers share the database; one that is alone keeps files. */
export interface PrivateKeysTable {
  key_id: string;
  /** certification/private-keys.ts: nonce, ciphertext and tag in base64url. */
  sealed: string;
}

/** Each start of a server; attempts/holder-records.ts. */
export interface ServersTable {
  id: string;
  alive_at_ms: number;
}

/** Which server keeps an attempt going, until its sandbox is let go of. */
export interface AttemptHoldersTable {
  attempt_id: string;
  server_id: string;
}

/** A lab as it was when somebody began it, where servers share the database; one that is alone keeps files. */
export interface LabVersionsTable {
  /** Of its files. */
  hash: string;
  /** labs/lab-archive.ts `ArchivedLab`. */
  document: string;
  /** When it was begun last. */
  begun_at_ms: number;
}

export interface CertificatesTable {
  id: string;
  definition_id: string;
  person_id: string;
  /** As it was when the certificate was issued; a signed badge cannot change. */
  person_name: string;
  /** certification/certificate.ts `IssuedDocument`. */
  document: string;
  /** The badge as it was signed. */
  jwt: string;
  key_id: string;
  /** Where its revocation is published. */
  status_list: number;
  status_index: number;
  issued_at_ms: number;
  /** Null: it does not expire. */
  valid_until_ms: number | null;
  issued_by: string;
  /** The certificate that this one continues. */
  renews: string | null;
  revoked_at_ms: number | null;
  revoked_by: string | null;
  revoke_reason: string | null;
}
export type CertificateRow = Selectable<CertificatesTable>;

/** A small improvement in production, with its evidence. What was said about it is in the chain of evidence, every time. */
export interface ImprovementsTable {
  id: string;
  person_id: string;
  title: string;
  what: string;
  effect: string;
  /** JSON list of addresses. */
  links: string;
  submitted_at_ms: number;
  state: 'submitted' | 'accepted' | 'returned';
  decided_by: string | null;
  decided_at_ms: number | null;
  comment: string | null;
}
export type ImprovementRow = Selectable<ImprovementsTable>;

export interface AppealsTable {
  id: string;
  attempt_id: string;
  person_id: string;
  reason: string;
  made_at_ms: number;
  /** Null while it is open. */
  decision: 'upheld' | 'regraded' | 'withdrawn' | null;
  outcome: 'passed' | 'failed' | null;
  answer: string | null;
  decided_by: string | null;
  decided_at_ms: number | null;
}
export type AppealRow = Selectable<AppealsTable>;

export interface ApiTokensTable {
  id: string;
  token_hash: string;
  /** The secret's first characters. */
  prefix: string;
  person_id: string;
  name: string;
  /** JSON list of contract/tokens.ts `TokenScope`. */
  scopes: string;
  created_at_ms: number;
  expires_at_ms: number;
  last_used_at_ms: number | null;
}
export type ApiTokenRow = Selectable<ApiTokensTable>;

export interface DrillsTable {
  id: string;
  script_slug: string;
  created_at_ms: number;
  ended_at_ms: number | null;
  /** drills/drill-entry.ts `DrillHead`. */
  head: string;
}

/** Only ever added to. */
export interface DrillEntriesTable {
  drill_id: string;
  /** Counts from 1 within its drill. */
  seq: number;
  at_ms: number;
  scenario_ms: number;
  played_ms: number;
  actor_id: string | null;
  /** drills/drill-entry.ts `Happening`. */
  document: string;
}

export interface MeasurementsTable {
  attempt_id: string;
  /** Of the run, from 1 in each attempt. */
  number: number;
  label: string;
  by_id: string;
  started_at_ms: number;
  /** Null while it is under way. */
  finished_at_ms: number | null;
  /** Why nothing was measured; null when something was. */
  reason: string | null;
  /** JSON: what was seen, workload by workload. */
  workloads: string;
}

export interface ProgrammesTable {
  cohort_id: string;
  /** contract/program.ts `SaveProgramme`. */
  document: string;
}

export interface ImportsTable {
  id: string;
  kind: ImportKind;
  source: string;
  /** Rows that were new. */
  row_count: number;
  /** Rows that were known already. */
  known: number;
  by_id: string;
  at_ms: number;
}
export type ImportRow = Selectable<ImportsTable>;

/** Tickets and changes from elsewhere; each once for its source. */
export interface ImportRowsTable {
  kind: ImportKind;
  source: string;
  row_id: string;
  import_id: string;
  at_ms: number;
  team: string | null;
  /** Null for tickets. */
  failed: number | null;
}

/** What insight reads of the chain's verdicts and regrades, without their evidence; made of the chain and can be made again. */
export interface GradingsTable {
  /** Of the row in the chain. */
  seq: number;
  attempt_id: string;
  kind: 'verdict' | 'regrade';
  at_ms: number;
  /** insight/grading.ts `Grading`. */
  document: string;
}

/** Managers who may look into the evidence of a cohort's people. */
export interface CohortManagersTable {
  cohort_id: string;
  person_id: string;
}

/** What somebody has answered so far. */
export interface ReadinessDraftsTable {
  person_id: string;
  /** Of the questions that were answered. */
  version: number;
  /** contract/readiness.ts `ReadinessAnswers`. */
  answers: string;
  saved_at_ms: number;
}

/** Who was put on which track. Only ever added to. */
export interface PlacementsTable {
  person_id: string;
  /** Counts from 1 for each person. */
  seq: number;
  at_ms: number;
  by_id: string;
  kind: 'check' | 'overruled';
  track: Track;
  /** program/readiness-records.ts `PlacementDocument`. */
  document: string;
}
export type PlacementRow = Selectable<PlacementsTable>;

export interface MentorshipsTable {
  id: string;
  mentor_id: string;
  trainee_id: string;
  since_ms: number;
  /** Who assigned the mentor. */
  by_id: string;
  ended_at_ms: number | null;
}
export type MentorshipRow = Selectable<MentorshipsTable>;

export interface MentorNotesTable {
  mentorship_id: string;
  /** Counts from 1 within its mentorship. */
  seq: number;
  at_ms: number;
  by_id: string;
  text: string;
}

/** What was said about a version of an artefact, and the answers to it. */
export interface ArtefactCommentsTable {
  id: string;
  attempt_id: string;
  artefact_id: string;
  /** Counts from 1 within its artefact. */
  seq: number;
  /** The comment that this one answers, or itself. */
  thread_id: string;
  version: number;
  /** contract/artefacts.ts `CommentPlace`; null: the whole. Of the first of a thread only. */
  place: string | null;
  at_ms: number;
  by_id: string;
  text: string;
  /** Of the first of a thread only. */
  resolved_at_ms: number | null;
  resolved_by: string | null;
}
export type ArtefactCommentRow = Selectable<ArtefactCommentsTable>;

export interface CalendarLinksTable {
  person_id: string;
  token_hash: string;
  created_at_ms: number;
  fetched_at_ms: number | null;
}

export interface DismissedRemindersTable {
  person_id: string;
  reminder_id: string;
  at_ms: number;
}

export interface InterviewsTable {
  id: string;
  /** The candidate: a person of that role, who has no account and goes by an alias. */
  person_id: string;
  token_hash: string;
  /** The only place that holds it; null once it was erased. */
  candidate_name: string | null;
  /** interviews/interview.ts `InterviewTerms`. */
  document: string;
  created_by: string;
  created_at_ms: number;
  /** The last moment to begin. */
  expires_at_ms: number;
  consented_at_ms: number | null;
  revoked_at_ms: number | null;
  erased_at_ms: number | null;
}
export type InterviewRow = Selectable<InterviewsTable>;

export interface ExtraTimeTable {
  person_id: string;
  /** Counts from 1 for its person; the last one without an attempt holds. */
  seq: number;
  /** Null: for all that the person starts from then on. */
  attempt_id: string | null;
  percent: number;
  minutes: number;
  reason: string;
  by_id: string;
  at_ms: number;
}
export type ExtraTimeRow = Selectable<ExtraTimeTable>;

/** What a cohort says about AI assistants. */
export interface AiRulesTable {
  cohort_id: string;
  /** Empty: for every lab that has no rule of its own. */
  lab_slug: string;
  policy: AiPolicy;
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
