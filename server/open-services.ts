import { Accommodations } from './accommodations/accommodations.ts';
import { ExtraTimeRecords } from './accommodations/extra-time-records.ts';
import { Accounts } from './accounts/accounts.ts';
import { Cohorts } from './accounts/cohorts.ts';
import { Links } from './accounts/links.ts';
import { People } from './accounts/people.ts';
import { Sessions } from './accounts/sessions.ts';
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
import { HolderRecords } from './attempts/holder-records.ts';
import { listRoster } from './attempts/roster.ts';
import { Supervisor } from './attempts/supervisor.ts';
import { VerdictRecords } from './attempts/verdict-records.ts';
import { AuditLog } from './audit/audit-log.ts';
import { openCertification } from './certification/open-certification.ts';
import { repeat } from './clock.ts';
import { RecordingSeals } from './evidence/recording-seals.ts';
import { DrillRecords } from './drills/drill-records.ts';
import { Drills } from './drills/drills.ts';
import { createLiveFire } from './drills/live-fire.ts';
import type { Services, Site } from './http/services.ts';
import type { Lifetime } from './lifetime.ts';
import { MeasurementRecords } from './measurements/measurement-records.ts';
import { Measurements } from './measurements/measurements.ts';
import { InterviewRecords } from './interviews/interview-records.ts';
import { InterviewViews } from './interviews/interview-views.ts';
import { Interviews } from './interviews/interviews.ts';
import { IncidentCommands } from './incidents/incident-commands.ts';
import { IncidentRecords } from './incidents/incident-records.ts';
import type { OpenPages } from './realtime/open-pages.ts';
import type { Substrate } from './sandboxes/substrate.ts';
import { AttemptPresence } from './realtime/attempt-presence.ts';
import { installationSecret, readSetting, writeSetting } from './store/settings.ts';
import type { Store } from './store/store.ts';
import { Recordings } from './terminals/recordings.ts';
import { FileRecordings } from './terminals/file-recordings.ts';
import { moveRecording, MovedRecordings, type RecordingStore } from './terminals/recording-store.ts';
import { StoredRecordings } from './terminals/stored-recordings.ts';
import { TerminalHub } from './terminals/terminal-hub.ts';
import { readGrades } from './attempts/grades.ts';
import { Mentors } from './program/mentors.ts';
import { openTraining } from './program/open-training.ts';
import { openInsight } from './insight/open-insight.ts';
import { Program } from './program/program.ts';
import { ProgramRecords } from './program/program-records.ts';
import { ReadinessRecords } from './program/readiness-records.ts';
import { Leadership } from './replicas/leadership.ts';
import type { Replicas } from './replicas/replicas.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { ApiTokens } from './tokens/api-tokens.ts';
import { createWorkspaceShells } from './terminals/workspace-shells.ts';
import type { ServerParts } from './server-parts.ts';

/** What the server that ran an attempt did not come to seal, the leader does after so long. */
const SEAL_EVERY_MS = 10 * 60_000;

/** What all services stand on. */
export interface ServicesGround {
  readonly parts: ServerParts;
  readonly replicas: Replicas;
  readonly substrate: Substrate;
  readonly store: Store;
  readonly site: Site;
  readonly pages: OpenPages;
  /** Closes what is opened. */
  readonly lifetime: Lifetime;
}

/** Opens all services, each on those before it, and takes up what was running. */
export async function openServices({ parts, replicas, substrate, store, site, pages, lifetime }: ServicesGround): Promise<Services> {
  const { config, catalogue, clock, log } = parts;
  const { db } = store;
  const flushStore = (): Promise<void> => store.flush();
  const audit = new AuditLog(db, clock);
  const people = new People(db, clock);
  const sessions = new Sessions(db, clock, await installationSecret(db));
  lifetime.use(sessions.shareEnds(replicas.bus));
  const accounts = new Accounts({ people, sessions, links: new Links(db, clock), audit, clock, bus: replicas.bus });
  const evidence = new EvidenceChain();
  const records = new AttemptRecords(db);
  const verdicts = new VerdictRecords(db, evidence);
  const artefactRecords = new ArtefactRecords(db, evidence);
  const incidentRecords = new IncidentRecords(db);
  const leadership = lifetime.use(await Leadership.start(replicas.leases, clock));
  const lastAliveMs = numberOrUndefined(await readSetting(db, 'last-alive-ms'));
  const supervisor = lifetime.use(
    await Supervisor.start({
      replicas,
      leadership,
      holders: new HolderRecords(db, replicas.id),
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
  const recordingStore = await openRecordings(store, config.dataDir, replicas);
  const terminals = lifetime.use(
    new TerminalHub({
      db,
      recordings: recordingStore,
      replicas,
      connector: parts.shells ?? createWorkspaceShells((attemptId) => workspaceOf(supervisor, attemptId)),
      clock,
      log: log.child({ name: 'terminals' }),
      onChanged: (attemptId) =>
        void supervisor.touch(attemptId).catch((error: unknown) => log.warn({ err: error }, 'a change of terminals could not be stored')),
    }),
  );
  const seals = lifetime.use(new RecordingSeals({ db, recordings: recordingStore, evidence, clock, log: log.child({ name: 'evidence' }) }));
  const conclude = async (attemptId: string): Promise<void> => {
    // Asked first: the attempt may be let go of meanwhile.
    const isHeld = supervisor.isHeld(attemptId);
    await terminals.endAll(attemptId, 'The attempt has ended.');
    if (isHeld) await seals.seal(attemptId);
  };
  lifetime.use(supervisor.subscribe((attempt) => void (hasEnded(attempt) && conclude(attempt.id))));
  await terminals.resume(
    supervisor.running.flatMap(({ actor: { attempt } }) =>
      attempt.prepared && !hasEnded(attempt) && supervisor.isHeld(attempt.id) ? [attempt.id] : [],
    ),
  );
  lifetime.use(
    supervisor.subscribeHeld((attemptId, isHeld) => {
      const attempt = supervisor.find(attemptId)?.actor.attempt;
      if (isHeld && attempt !== undefined && hasEnded(attempt)) void conclude(attemptId);
      else void terminals.setHeld(attemptId, isHeld);
    }),
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
  const recordings = new Recordings(db, recordingStore);
  const interviews = lifetime.use(
    await Interviews.open({
      db,
      recordings: recordingStore,
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
      replicas,
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
      leases: replicas.leases,
      clock,
      log: log.child({ name: 'measurements' }),
    }),
  );
  const incidents = lifetime.use(
    new IncidentCommands({
      supervisor,
      incidents: incidentRecords,
      names,
      audit,
      bus: replicas.bus,
      clock,
      log: log.child({ name: 'incidents' }),
    }),
  );
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
      replicas,
      lastAliveMs,
      tellAttempt: (actor, attemptId, update) => incidents.post(actor, attemptId, update),
      liveFire: createLiveFire({
        supervisor,
        saveMembers: (tx, attempt) => records.saveMembers(tx, attempt),
        samples: (attemptId) => incidentRecords.samples(attemptId),
        leases: replicas.leases,
        clock,
        log: log.child({ name: 'drills' }),
      }),
      flushStore,
    }),
  );
  const roster = (): ReturnType<typeof listRoster> =>
    listRoster({ supervisor, terminals, catalogue, clock, names, isConnected: (id) => pages.isConnected(id) });
  if (!replicas.several) await seals.sealMissed();
  lifetime.use(leadership.whileLeader(() => repeat(clock, SEAL_EVERY_MS, () => seals.sealMissed(SEAL_EVERY_MS))));
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
    metrics: new ServerMetrics({ db, supervisor, replicas, connected: () => pages.people }),
    audit,
    catalogue,
    replicas,
    leadership,
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
    presence: lifetime.use(new AttemptPresence(replicas.bus)),
    roster,
  };
}

/**
 * A server that has its data folder to itself keeps recordings there, several keep them in the database. Recordings of the time before the mode was changed are
 * found in the other place; where several share them, they are taken along from the one folder that has them.
 */
async function openRecordings({ db, engine }: Store, dataDir: string, { several }: Replicas): Promise<RecordingStore> {
  const [files, stored] = [new FileRecordings(dataDir), new StoredRecordings(db, engine)];
  if (!several) return new MovedRecordings(files, stored);
  for (const terminalId of await files.list()) await moveRecording(files, stored, terminalId);
  return stored;
}

async function workspaceOf(supervisor: Supervisor, attemptId: string): ReturnType<Parameters<typeof createWorkspaceShells>[0]> {
  const runner = await supervisor.require(attemptId);
  const [stage, sandbox] = await Promise.all([runner.hold.stage(), runner.hold.sandbox()]);
  return { ...stage.workspace, kubeConfig: sandbox.operatorConfig };
}

function numberOrUndefined(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
