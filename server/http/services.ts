import type { Accommodations } from '../accommodations/accommodations.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Cohorts } from '../accounts/cohorts.ts';
import type { ArtefactCommands } from '../artefacts/artefacts.ts';
import type { ArtefactReviews } from '../artefacts/artefact-reviews.ts';
import type { AiPolicies } from '../attempts/ai-policies.ts';
import type { AttemptCommands } from '../attempts/attempt-commands.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import type { AttemptViews } from '../attempts/attempt-views.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import type { VerdictRecords } from '../attempts/verdict-records.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Appeals } from '../certification/appeals.ts';
import type { Certificates } from '../certification/certificates.ts';
import type { Improvements } from '../certification/improvements.ts';
import type { PublicBadges } from '../certification/public-badges.ts';
import type { Clock } from '../clock.ts';
import type { Drills } from '../drills/drills.ts';
import type { Insight } from '../insight/open-insight.ts';
import type { IncidentCommands } from '../incidents/incident-commands.ts';
import type { RosterEntry } from '../contract/attempts.ts';
import type { Message } from '../contract/events.ts';
import type { Interviews } from '../interviews/interviews.ts';
import type { Logger } from '../log.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import type { Measurements } from '../measurements/measurements.ts';
import type { AttemptPresence } from '../realtime/attempt-presence.ts';
import type { Substrate } from '../sandboxes/substrate.ts';
import type { Calendar } from '../program/calendar.ts';
import type { Curriculum } from '../program/curriculum.ts';
import type { Mentors } from '../program/mentors.ts';
import type { Program } from '../program/program.ts';
import type { Readiness } from '../program/readiness.ts';
import type { Reminders } from '../program/reminders.ts';
import type { Leadership } from '../replicas/leadership.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { ApiTokens } from '../tokens/api-tokens.ts';
import type { Recordings } from '../terminals/recordings.ts';
import type { TerminalHub } from '../terminals/terminal-hub.ts';

/** What the edges (routes and sockets) call. Made by app.ts. */
export interface Services {
  readonly accounts: Accounts;
  readonly cohorts: Cohorts;
  readonly accommodations: Accommodations;
  readonly ai: AiPolicies;
  readonly interviews: Interviews;
  readonly tokens: ApiTokens;
  readonly metrics: ServerMetrics;
  readonly program: Program;
  readonly readiness: Readiness;
  readonly curriculum: Curriculum;
  readonly mentors: Mentors;
  readonly calendar: Calendar;
  readonly reminders: Reminders;
  readonly insight: Insight;
  readonly audit: AuditLog;
  readonly catalogue: LabCatalogue;
  readonly replicas: Replicas;
  readonly leadership: Leadership;
  readonly supervisor: Supervisor;
  readonly commands: AttemptCommands;
  readonly artefacts: ArtefactCommands;
  readonly artefactReviews: ArtefactReviews;
  readonly measurements: Measurements;
  readonly incidents: IncidentCommands;
  readonly drills: Drills;
  readonly views: AttemptViews;
  readonly records: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly certificates: Certificates;
  readonly badges: PublicBadges;
  readonly improvements: Improvements;
  readonly appeals: Appeals;
  readonly terminals: TerminalHub;
  readonly recordings: Recordings;
  readonly substrate: Substrate;
  readonly clock: Clock;
  readonly log: Logger;
  readonly site: Site;
  readonly people: Presence;
  readonly presence: AttemptPresence;
  roster(): Promise<RosterEntry[]>;
}

/** Where the pages are and how they are reached. */
export interface Site {
  readonly version: string;
  /** The built pages; a folder that may be missing in development. */
  readonly webDir: string;
  readonly trustedProxies: number;
  readonly secureCookies: boolean;
  /** The address people open, known once the server listens. */
  publicUrl(): string;
  /** Origins that requests and sockets may come from. */
  origins(): ReadonlySet<string>;
}

/** Who has a page open, and how to tell them something. */
export interface Presence {
  isConnected(personId: string): boolean;
  /** True when a page of theirs was reached. */
  deliver(personId: string, message: Message): boolean;
}
