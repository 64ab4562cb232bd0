import type { LabCatalogue } from './attempts/lab-catalogue.ts';
import type { LoadedScripts } from '../scenarios/drills/load-scripts.ts';
import type { DrillFacts } from './certification/facts.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import type { Substrate } from './sandboxes/substrate.ts';
import type { Db } from './store/schema.ts';
import type { ShellConnector } from './terminals/shell.ts';
import type { Replicas } from './replicas/replicas.ts';

/** Whoever shares the database is one installation. */
export interface Installation {
  readonly replicas: Replicas;
  /** Known to it alone and no secret, in small letters and digits. */
  readonly owner: string;
}

export interface ServerParts {
  readonly config: Config;
  /** Called once the data and the port are ours: it may take long, and may touch what lies in the data folder. */
  readonly openSubstrate: (installation: Installation) => Promise<Substrate>;
  readonly catalogue: LabCatalogue;
  /** Called before anything is taken up where servers share the database: what a server that is alone keeps in its folder is kept there. */
  readonly onShared?: (db: Db) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly webDir: string;
  readonly capacityOf: (substrate: Substrate) => number;
  /** For tests: every answer over HTTP is held to its schema. */
  readonly holdAnswers?: boolean;
  /** The scripts that drills are run from. Absent: there are none. */
  readonly loadScripts?: () => Promise<LoadedScripts>;
  /** Who led which drill, for certificates. Absent: as the drills themselves say. */
  readonly drills?: DrillFacts;
  /** Absent: execs into the workspaces. */
  readonly shells?: ShellConnector;
  /** For tests. Absent: by Redis, where the configuration names one. The secret is the installation's. */
  readonly openReplicas?: (secret: string) => Promise<Replicas>;
  /** How long it goes on answering once it is to stop. Absent: where there are other servers, until whoever sends people has noticed. */
  readonly leaveAfterMs?: number;
  /** The data was taken away by another server: this one must end. */
  readonly onDataLost: (error: Error) => void;
}
