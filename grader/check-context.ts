import type { Clock } from '../infra/cluster/meta/clock.ts';
import type { ArtefactShelf } from './artefacts/artefact-shelf.ts';
import type { WorkloadBaseline } from './baseline.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint, Part } from './endpoint.ts';
import type { IncidentRecord } from './incidents/status-update.ts';
import type { KubeObjects } from './kube-objects.ts';
import type { Prober } from './prober.ts';
import type { Providers } from './providers.ts';
import { redact, redactText } from './redact.ts';
import type { Evidence } from './verdict.ts';

/** What a check may use. Nothing in it reaches the trainee. */
export interface CheckContext {
  readonly endpoint: Endpoint;
  readonly objects: KubeObjects;
  readonly prober: Prober;
  readonly credentials: Credentials;
  readonly providers: Providers;
  /** Absent while the trainee still builds. */
  readonly baseline: WorkloadBaseline | undefined;
  /** A file of the trainee's, by its path below ~/lab; undefined when there is none. What it says is the trainee's word. */
  readonly readFile: (file: string) => Promise<string | undefined>;
  /** What the trainee wrote in the product. Absent: nothing. */
  readonly artefacts?: ArtefactShelf;
  /** What was told to others during the incident, and how the service was seen. Undefined: it has not begun. */
  readonly fetchIncident?: () => Promise<IncidentRecord | undefined>;
  /** Begins to watch the machine that grader and sandbox share; what it gives says whether it has had more to do than it can. Absent: nobody knows. */
  readonly watchMachine?: () => () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The same, about a part instead of the endpoint. */
export function atPart(context: CheckContext, part: Part | undefined): CheckContext {
  if (part === undefined) return context;
  return { ...context, endpoint: { ...context.endpoint, ...part }, baseline: context.baseline?.parts?.[part.deployment] };
}

/** Evidence with the time of now and without anything that is secret. */
export function observe(context: CheckContext, kind: Evidence['kind'], summary: string, detail?: unknown): Evidence {
  const { secrets } = context.credentials;
  const at = new Date(context.clock.now()).toISOString();
  return { at, kind, summary: redactText(summary, secrets), ...(detail === undefined ? {} : { detail: redact(detail, secrets) }) };
}
