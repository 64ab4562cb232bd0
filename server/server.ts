import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Accommodations } from './accommodations/accommodations.ts';
import { ExtraTimeRecords } from './accommodations/extra-time-records.ts';
import { Accounts } from './accounts/accounts.ts';
import { Cohorts } from './accounts/cohorts.ts';
import { demoLinks, firstAdministratorLink, type WelcomeLink } from './accounts/first-run.ts';
import { Links } from './accounts/links.ts';
import { People } from './accounts/people.ts';
import { Sessions } from './accounts/sessions.ts';
import { codeOf } from './app-error.ts';
import { ArtefactCommands } from './artefacts/artefacts.ts';
import { ArtefactRecords } from './artefacts/artefact-records.ts';
import { ArtefactReviews } from './artefacts/artefact-reviews.ts';
import { CommentRecords } from './artefacts/comment-records.ts';
import { AiPolicies } from './attempts/ai-policies.ts';
import { AttemptCommands } from './attempts/attempt-commands.ts';
import { AttemptRecords } from './attempts/attempt-records.ts';
import { AttemptViews } from './attempts/attempt-views.ts';
import { hasEnded } from './attempts/attempt.ts';
import { EvidenceChain } from './attempts/evidence-chain.ts';
import type { LabCatalogue } from './attempts/lab-catalogue.ts';
import type { LoadedScripts } from '../scenarios/drills/load-scripts.ts';
import { listRoster } from './attempts/roster.ts';
import { Supervisor } from './attempts/supervisor.ts';
import { VerdictRecords } from './attempts/verdict-records.ts';
import { AuditLog } from './audit/audit-log.ts';
import type { DrillFacts } from './certification/facts.ts';
import { openCertification } from './certification/open-certification.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { RecordingSeals } from './evidence/recording-seals.ts';
import { DrillRecords } from './drills/drill-records.ts';
import { Drills } from './drills/drills.ts';
import { createLiveFire } from './drills/live-fire.ts';
import { createHttpApp } from './http/http-app.ts';
import { allRoutes } from './http/routes.ts';
import type { Services, Site } from './http/services.ts';
import { opening, type Lifetime } from './lifetime.ts';
import type { Logger } from './log.ts';
import { MeasurementRecords } from './measurements/measurement-records.ts';
import { Measurements } from './measurements/measurements.ts';
import { InterviewRecords } from './interviews/interview-records.ts';
import { InterviewViews } from './interviews/interview-views.ts';
import { Interviews } from './interviews/interviews.ts';
import { IncidentCommands } from './incidents/incident-commands.ts';
import { IncidentRecords } from './incidents/incident-records.ts';
import { OpenPages, startRealtime } from './realtime/realtime.ts';
import type { Substrate } from './sandboxes/substrate.ts';
import { AttemptPresence } from './realtime/attempt-presence.ts';
import { installationSecret, readSetting, writeSetting } from './store/settings.ts';
import { openStore, type Store } from './store/store.ts';
import { Recordings } from './terminals/recordings.ts';
import type { ShellConnector } from './terminals/shell.ts';
import { TerminalHub } from './terminals/terminal-hub.ts';
import { readGrades } from './attempts/grades.ts';
import { Mentors } from './program/mentors.ts';
import { openTraining } from './program/open-training.ts';
import { openInsight } from './insight/open-insight.ts';
import { Program } from './program/program.ts';
import { ProgramRecords } from './program/program-records.ts';
import { ReadinessRecords } from './program/readiness-records.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { ApiTokens } from './tokens/api-tokens.ts';
import { createWorkspaceShells } from './terminals/workspace-shells.ts';

export interface ServerParts {
  readonly config: Config;
  /** Called once the data and the port are ours: it may take long, and may touch what lies in the data folder. */
  readonly openSubstrate: () => Promise<Substrate>;
  readonly catalogue: LabCatalogue;
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
  /** The data was taken away by another server: this one must end. */
  readonly onDataLost: (error: Error) => void;
}

/** A server that answers. Disposing it lets go of attempts without ending them: the next start goes on. */
export interface RunningServer extends AsyncDisposable {
  /** What people open. */
  readonly url: string;
  /** Where it listens. */
  readonly localUrl: string;
  readonly services: Services;
  /** One-time links to print: the first administrator's while there is none, the demo's when asked for. */
  readonly links: readonly WelcomeLink[];
}

/** The port cannot be listened on. The message says what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListenError';
  }
}

/** All wiring that does not depend on which substrate and which labs there are; app.ts chooses those. */
export function startServer(parts: ServerParts): Promise<RunningServer> {
  return opening(async (lifetime) => {
    const { config, log } = parts;
    const httpServer = createServer();
    const site = describeSite(parts, httpServer);
    const store = lifetime.use(
      await openStore({
        dataDir: config.dataDir,
        databaseUrl: config.databaseUrl,
        log: log.child({ name: 'store' }),
        onLockLost: parts.onDataLost,
      }),
    );
    let app: RequestListener = answerStarting;
    httpServer.on('request', (request, response) => app(request, response));
    await listen(httpServer, config);
    lifetime.defer(() => closeServer(httpServer));
    const substrate = lifetime.use(await parts.openSubstrate());
    lifetime.defer(() => substrate.detach());
    const pages = new OpenPages();
    const services = await createServices(parts, substrate, store, site, pages, lifetime);
    lifetime.use(startRealtime(httpServer, services, pages));
    app = createHttpApp({ services, routes: allRoutes(services), holdAnswers: parts.holdAnswers ?? false }) as RequestListener;
    lifetime.defer(() => {
      app = answerStarting;
    });
    return {
      url: site.publicUrl(),
      localUrl: listeningUrl(httpServer, config),
      services,
      links: await welcomeLinks(services, config),
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  });
}

async function createServices(
  parts: ServerParts,
  substrate: Substrate,
  store: Store,
  site: Site,
  pages: OpenPages,
  lifetime: Lifetime,
): Promise<Services> {
  const { config, catalogue, clock, log } = parts;
  const { db } = store;
  const flushStore = (): Promise<void> => store.flush();
  const audit = await AuditLog.open(db, clock);
  const people = new People(db, clock);
  const accounts = new Accounts({
    people,
    sessions: new Sessions(db, clock, await installationSecret(db)),
    links: new Links(db, clock),
    audit,
    clock,
  });
  const evidence = new EvidenceChain();
  const records = new AttemptRecords(db);
  const verdicts = new VerdictRecords(db, evidence);
  const artefactRecords = new ArtefactRecords(db, evidence);
  const incidentRecords = new IncidentRecords(db);
  const lastAliveMs = numberOrUndefined(await readSetting(db, 'last-alive-ms'));
  const supervisor = lifetime.use(
    await Supervisor.start({
      substrate,
      catalogue,
      records,
      artefacts: artefactRecords,
      incidents: incidentRecords,
      evidence,
      clock,
      log: log.child({ name: 'attempts' }),
      capacity: parts.capacityOf(substrate),
      flushStore,
      lastAlive: {
        read: async () => lastAliveMs,
        write: (atMs) => writeSetting(db, 'last-alive-ms', String(atMs)),
      },
    }),
  );
  const terminals = lifetime.use(
    new TerminalHub({
      db,
      dataDir: config.dataDir,
      connector: parts.shells ?? createWorkspaceShells((attemptId) => workspaceOf(supervisor, attemptId)),
      clock,
      log: log.child({ name: 'terminals' }),
      onChanged: (attemptId) =>
        void supervisor.touch(attemptId).catch((error: unknown) => log.warn({ err: error }, 'a change of terminals could not be stored')),
    }),
  );
  const seals = lifetime.use(new RecordingSeals({ db, dataDir: config.dataDir, evidence, clock, log: log.child({ name: 'evidence' }) }));
  const conclude = async (attemptId: string): Promise<void> => {
    await terminals.endAll(attemptId, 'The attempt has ended.');
    await seals.seal(attemptId);
  };
  lifetime.use(supervisor.subscribe((attempt) => void (hasEnded(attempt) && conclude(attempt.id))));
  await terminals.resume(
    supervisor.running.flatMap(({ actor }) => (actor.attempt.prepared && !hasEnded(actor.attempt) ? [actor.attempt.id] : [])),
  );
  const views = new AttemptViews(people, records, terminals, clock);
  const cohorts = new Cohorts(db, clock);
  const ai = new AiPolicies({ db, cohorts, catalogue, audit });
  const accommodations = new Accommodations({ records: new ExtraTimeRecords(db), people, supervisor, audit, clock });
  const commands = new AttemptCommands({
    supervisor,
    records,
    people,
    catalogue,
    views,
    terminals,
    verdicts,
    ai,
    accommodations,
    evidence,
    audit,
    clock,
    flushStore,
  });
  const names = (): ReturnType<People['names']> => people.names();
  const recordings = new Recordings(db, config.dataDir);
  const interviews = lifetime.use(
    await Interviews.open({
      db,
      dataDir: config.dataDir,
      evidence,
      purgeStore: () => store.purge(),
      attempts: records,
      records: new InterviewRecords(db),
      views: new InterviewViews({ people, records, verdicts, recordings, attemptViews: views, catalogue, clock }),
      people,
      sessions: accounts.sessions,
      supervisor,
      catalogue,
      audit,
      clock,
      log: log.child({ name: 'interviews' }),
    }),
  );
  const mentors = new Mentors({ db, people, audit, clock });
  const reviewed = { supervisor, mentors, artefacts: artefactRecords, names, audit, clock, flushStore };
  const artefactReviews = new ArtefactReviews({ ...reviewed, comments: new CommentRecords(db) });
  const artefacts = new ArtefactCommands({
    supervisor,
    records,
    verdicts,
    artefacts: artefactRecords,
    reviews: artefactReviews,
    recordings,
    mentors,
    names,
    audit,
    clock,
    flushStore,
  });
  const measurements = lifetime.use(
    await Measurements.open({
      supervisor,
      catalogue,
      records: new MeasurementRecords(db),
      names,
      audit,
      clock,
      log: log.child({ name: 'measurements' }),
    }),
  );
  const incidents = new IncidentCommands({
    supervisor,
    incidents: incidentRecords,
    names,
    audit,
    clock,
    log: log.child({ name: 'incidents' }),
  });
  const drills = lifetime.use(
    await Drills.open({
      records: new DrillRecords(db, evidence),
      loadScripts: parts.loadScripts ?? (async () => ({ scripts: [], problems: [] })),
      findPerson: (id) => people.find(id),
      extraPercentOf: (ids) => accommodations.percentOf(ids),
      names,
      audit,
      clock,
      log: log.child({ name: 'drills' }),
      lastAliveMs,
      tellAttempt: (actor, attemptId, update) => incidents.post(actor, attemptId, update),
      liveFire: createLiveFire({
        supervisor,
        saveMembers: (tx, attempt) => records.saveMembers(tx, attempt),
        samples: (attemptId) => incidentRecords.samples(attemptId),
        clock,
        log: log.child({ name: 'drills' }),
      }),
      flushStore,
    }),
  );
  const roster = (): ReturnType<typeof listRoster> =>
    listRoster({ supervisor, terminals, catalogue, clock, names, isConnected: (id) => pages.isConnected(id) });
  await seals.sealMissed();
  const certification = await openCertification({
    db,
    config,
    publicUrl: () => site.publicUrl(),
    catalogue,
    drills: parts.drills ?? drills,
    attempts: records,
    verdicts,
    evidence,
    people,
    audit,
    clock,
    log: log.child({ name: 'certificates' }),
    flushStore,
  });
  const programs = new ProgramRecords(db);
  const placements = new ReadinessRecords(db);
  const training = openTraining({
    db,
    programs,
    placements,
    mentors,
    cohorts,
    people,
    catalogue,
    drills,
    audit,
    clock,
    publicUrl: () => site.publicUrl(),
  });
  const program = new Program({
    records: programs,
    placements,
    cohorts,
    people,
    catalogue,
    audit,
    clock,
    grades: () => readGrades({ records, verdicts, cohorts, accounts }),
  });
  const insight = await openInsight({
    db,
    attempts: records,
    verdicts,
    people,
    cohorts,
    drills: parts.drills ?? drills,
    catalogue,
    program,
    audit,
    clock,
    log: log.child({ name: 'insight' }),
  });
  return {
    ...certification,
    ...training,
    mentors,
    artefactReviews,
    drills,
    accounts,
    cohorts,
    ai,
    accommodations,
    interviews,
    tokens: new ApiTokens(db, clock),
    program,
    insight,
    metrics: new ServerMetrics({ db, supervisor, connected: () => pages.people }),
    audit,
    catalogue,
    supervisor,
    commands,
    artefacts,
    measurements,
    incidents,
    views,
    records,
    verdicts,
    terminals,
    recordings,
    substrate,
    clock,
    log,
    site,
    people: pages,
    presence: new AttemptPresence(),
    roster,
  };
}

async function workspaceOf(supervisor: Supervisor, attemptId: string): ReturnType<Parameters<typeof createWorkspaceShells>[0]> {
  const runner = await supervisor.require(attemptId);
  const [stage, sandbox] = await Promise.all([runner.hold.stage(), runner.hold.sandbox()]);
  return { ...stage.workspace, kubeConfig: sandbox.operatorConfig };
}

function describeSite({ config, version, webDir }: ServerParts, httpServer: Server): Site {
  const publicUrl = (): string => config.publicUrl ?? listeningUrl(httpServer, config);
  return {
    version,
    webDir,
    trustedProxies: config.trustedProxies,
    secureCookies: config.publicUrl?.startsWith('https:') === true,
    publicUrl,
    // Without a public address the server is reached from this machine, by any of its names.
    origins: () =>
      new Set(config.publicUrl === undefined ? [publicUrl(), ...loopbackNames(httpServer)] : [new URL(config.publicUrl).origin]),
  };
}

function listeningUrl(httpServer: Server, { host }: Config): string {
  const { port } = httpServer.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function loopbackNames(httpServer: Server): string[] {
  const { port } = httpServer.address() as AddressInfo;
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:${port}`);
}

/** Before it is ready and while it stops. `/healthz` is asked for until it answers 200. */
const answerStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end(JSON.stringify({ ok: false, reason: 'The server is starting or stopping.' }));
};

async function listen(httpServer: Server, { port, host }: Config): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      httpServer.once('error', reject);
      httpServer.listen(port, host, () => {
        httpServer.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw new ListenError(explainListen(codeOf(error), port, host), { cause: error });
  }
}

function explainListen(code: string | undefined, port: number, host: string): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is taken. Stop what listens there, or choose another one: PORT=${port + 1} npm start`;
  if (code === 'EACCES') return `Port ${port} on ${host} may not be used by this user. Choose one above 1023: PORT=7070 npm start`;
  return `The server cannot listen on ${host}:${port} (${code ?? 'unknown'}). Check HOST and PORT.`;
}

async function closeServer(httpServer: Server): Promise<void> {
  if (!httpServer.listening) return;
  const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
  httpServer.closeAllConnections();
  await closed;
}

async function welcomeLinks({ accounts, cohorts, insight }: Services, config: Config): Promise<WelcomeLink[]> {
  const admin = await firstAdministratorLink(accounts);
  return [...(admin === undefined ? [] : [admin]), ...(config.demo ? await demoLinks(accounts, cohorts, insight.managers) : [])];
}

function numberOrUndefined(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
