import type {
  DrillScripts as ScriptList,
  DrillMove,
  DrillReview,
  DrillSummary,
  DrillView,
  ScheduleDrill,
  ScriptView,
} from '../contract/drills.ts';
import type { LoadedScript, LoadedScripts } from '../../scenarios/drills/load-scripts.ts';
import { nameFrom } from '../accounts/people.ts';
import { AppError, messageOf, notFound } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { DrillFact, DrillFacts } from '../certification/facts.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { PostStatus } from '../contract/incidents.ts';
import type { PersonRef } from '../contract/roles.ts';
import { newId } from '../ids.ts';
import { Lifetime } from '../lifetime.ts';
import type { Logger } from '../log.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { PersonRow } from '../store/schema.ts';
import type { DrillActor } from './drill-actor.ts';
import { stampEntries } from './drill-actor.ts';
import { AUDITED, auditDetail } from './drill-audit.ts';
import { requireUnopposed } from './drill-conflicts.ts';
import type { DrillEntry, DrillHead, Happening } from './drill-entry.ts';
import { planEvidence, type DrillSeal } from './drill-evidence.ts';
import { findCastIssues, type Casting } from './drill-members.ts';
import { planMove } from './drill-moves.ts';
import type { DrillRecords } from './drill-records.ts';
import { reviewDrill } from './drill-review.ts';
import { mayMove, partOf, type Part, type Viewer } from './drill-rights.ts';
import { DrillRunner, type RunnerParts } from './drill-runner.ts';
import { DrillSharing } from './drill-sharing.ts';
import { foldEntries, newDrillState, type DrillState } from './drill-state.ts';
import { summariseDrill, viewDrill } from './drill-view.ts';
import { planReport, type AfterAction } from './report/after-action.ts';
import { viewScript, viewScripts } from './script-view.ts';

const MAX_LISTED = 200;
/** Drills that are not over, at once. */
const MAX_OPEN = 50;
/** A time that was right when the form was filled in. */
const MAX_LATE_MS = 3_600_000;
/** Longer than any sandbox of a drill lives: what ended before needs nothing any more. */
const SANDBOX_LIVES_MS = 24 * 3_600_000;

export interface DrillParts {
  readonly records: DrillRecords;
  readonly loadScripts: () => Promise<LoadedScripts>;
  readonly findPerson: (personId: string) => Promise<PersonRow | undefined>;
  /** Who of these people has extra time, in percent. Absent: nobody. */
  readonly extraPercentOf?: (personIds: readonly string[]) => Promise<Readonly<Record<string, number>>>;
  readonly names: () => Promise<ReadonlyMap<string, PersonRef>>;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly replicas: Replicas;
  /** When a server was last seen alive before this start. */
  readonly lastAliveMs: number | undefined;
  readonly liveFire: RunnerParts['liveFire'];
  /** Sends a status update of a live fire to its team's attempt too, whose verdict and claims are judged by it. */
  readonly tellAttempt: (actor: PersonRow, attemptId: string, update: PostStatus) => Promise<unknown>;
  readonly flushStore: () => Promise<void>;
}

/** Where a move came from. */
export interface MoveSource {
  /** The caller's, for the audit log. */
  readonly address?: string;
  /** The newest revision that the caller's page showed: what others did to the same thing since then refuses the move. */
  readonly seen?: number | undefined;
}

interface Made {
  readonly actor: PersonRow;
  readonly drillId: string;
  readonly move: DrillMove;
  readonly added: readonly DrillEntry[];
  readonly address: string | undefined;
}

/** A drill in memory, or as it was left in the store. */
interface Known {
  readonly state: DrillState;
  readonly entries: readonly DrillEntry[];
}

/**
 * All drills, in every server that shares the database: each command checks who asks, then makes its move. Routes and sockets come through here. Every server
 * keeps what is not over, with its timers: whoever is first stores what is due, and the others find it done. So when a server dies, its drills go on without a pause.
 */
export class Drills implements DrillFacts, AsyncDisposable {
  readonly #parts: DrillParts;
  readonly #lifetime = new Lifetime();
  readonly #runners = new Map<string, DrillRunner>();
  /** What is over does not change but by a runner. */
  readonly #ended = new Map<string, Known>();
  readonly #watchers = new Set<(state: DrillState) => void>();
  /** What the chain of evidence says of drills that ended; read anew when another one has. */
  #seals: Promise<readonly DrillSeal[]> | undefined;

  readonly #sharing: DrillSharing;

  private constructor(parts: DrillParts) {
    const { replicas, log } = parts;
    this.#parts = parts;
    this.#sharing = this.#lifetime.use(
      new DrillSharing({
        replicas,
        log,
        onNews: (drillId, seq) => this.#follow(drillId, seq),
        onMissed: () => this.#readAnew(),
        onPage: (drillId, personId) => this.#runners.get(drillId)?.reconsiderPresence(personId),
      }),
    );
  }

  /** Takes up what is not over, and what is over but for its sandbox. */
  static async open(parts: DrillParts): Promise<Drills> {
    const drills = new Drills(parts);
    try {
      await drills.#takeUp();
      return drills;
    } catch (error) {
      await drills[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #takeUp(): Promise<void> {
    const { records, clock, lastAliveMs } = this.#parts;
    const isFirst = await this.#sharing.takeUp();
    for (const id of isFirst ? await records.listUnsealed() : []) {
      const known = await this.#find(id);
      if (known !== undefined) await records.addEvidence(id, planEvidence(known.state, known.entries, known.entries));
    }
    for (const id of await records.listUnended()) {
      const stored = await records.find(id);
      if (stored === undefined) continue;
      const runner = this.#run(stored.head, stored.entries);
      if (isFirst) await runner.resume(lastAliveMs ?? clock.now());
      else runner.reconsider();
    }
    for (const id of await records.listEndedSince(clock.now() - SANDBOX_LIVES_MS)) {
      const known = await this.#find(id);
      if (known !== undefined && holdsSandbox(known.state)) this.#run(known.state.head, known.entries).reconsider();
    }
    this.#sharing.noteOpened();
  }

  /** Told after each change of any drill, whichever server made it. */
  subscribe(watcher: (state: DrillState) => void): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  async scripts(): Promise<ScriptList> {
    return viewScripts(await this.#parts.loadScripts());
  }

  async script(slug: string): Promise<ScriptView> {
    return viewScript(await this.#requireScript(slug));
  }

  async schedule(actor: PersonRow, wanted: ScheduleDrill, address?: string): Promise<DrillView> {
    const { records, clock, audit, log } = this.#parts;
    const script = await this.#requireScript(wanted.script);
    if (wanted.mode === 'live-fire' && (script.script.live === undefined || this.#parts.liveFire === undefined))
      throw new AppError('InvalidRequest', `${script.script.title} has no live fire.`, { remedy: 'Run it as a tabletop.' });
    if (wanted.startsAt !== undefined && Date.parse(wanted.startsAt) < clock.now() - MAX_LATE_MS)
      throw new AppError('InvalidRequest', 'This time is over.', { remedy: 'Choose a later one, or none to begin now.' });
    const open = [...this.#runners.values()].filter(({ actor: { state } }) => state.status !== 'ended');
    if (open.length >= MAX_OPEN)
      throw new AppError('Conflict', `There are ${MAX_OPEN} drills that are not over.`, { remedy: 'End some of them first.' });
    const issues = findCastIssues(await this.#cast(wanted), script.script);
    if (issues.length > 0) throw new AppError('InvalidRequest', 'The roles do not fit.', { issues, remedy: 'Correct who has which role.' });
    const nowMs = clock.now();
    const extraPercent = await this.#parts.extraPercentOf?.(wanted.members.map(({ personId }) => personId));
    const head = { ...headOf(script, wanted, actor.id, nowMs), ...(extraPercent === undefined ? {} : { extraPercent }) };
    const happenings: Happening[] = [
      { kind: 'scheduled' },
      ...wanted.members.map(({ personId, role }): Happening => ({ kind: 'role-given', personId, role })),
    ];
    const { entries } = stampEntries(newDrillState(head), happenings, actor.id, nowMs);
    await records.insert(head, nowMs, entries);
    this.#run(head, entries);
    this.#sharing.tell(head.id, entries.length);
    log.info({ drillId: head.id, script: head.scriptSlug, mode: head.mode }, 'a drill was scheduled');
    await audit.record({
      actor,
      action: 'drill.scheduled',
      subject: head.id,
      detail: { script: head.scriptSlug, mode: head.mode },
      ...(address === undefined ? {} : { address }),
    });
    return this.read(actor, head.id);
  }

  /** The newest first. */
  async list(actor: Viewer): Promise<DrillSummary[]> {
    const nameOf = await this.#namer();
    const rows = await this.#parts.records.list(MAX_LISTED);
    const known = await Promise.all(rows.map(({ id, lastSeq }) => this.#find(id, lastSeq)));
    return known.flatMap((drill) => {
      if (drill === undefined) return [];
      const part = partOf(actor, drill.state);
      return part.sight === 'none' ? [] : [summariseDrill(drill.state, part, nameOf)];
    });
  }

  async read(actor: Viewer, drillId: string): Promise<DrillView> {
    const { known, part } = await this.#visible(actor, drillId);
    const nameOf = await this.#namer();
    return viewDrill({ ...known, nowMs: this.#parts.clock.now(), nameOf }, { ...part, personId: actor.id });
  }

  async move(actor: PersonRow, drillId: string, move: DrillMove, from: MoveSource = {}): Promise<DrillView> {
    const { part } = await this.#visible(actor, drillId);
    if (!mayMove(part, move.move))
      throw new AppError('Forbidden', `This is not for ${part.role === null ? 'you' : `the role ${part.role}`} in this drill.`, {
        remedy: 'Ask its facilitator.',
      });
    if (move.move === 'give-role') await this.#requireFit(move.personId, move.role);
    const actorOf = await this.#writable(drillId, move);
    const names = await this.#parts.names();
    const nameOf = (id: string): string => names.get(id)?.name ?? '';
    const added = await actorOf.change(actor.id, (state, entries, nowMs) => {
      const context = { state, entries, actorId: actor.id, nowMs, nameOf };
      if (from.seen !== undefined) requireUnopposed(move, from.seen, context);
      return planMove(move, context);
    });
    if (move.move === 'give-role' && added.length > 0) this.#runners.get(drillId)?.welcome(move.personId);
    await this.#note({ actor, drillId, move, added, address: from.address });
    if (move.move === 'status') await this.#tellAttempt(actor, actorOf.state, move.update);
    return this.read(actor, drillId);
  }

  /** Players read it when it is over; until then it would tell them what is still to come. */
  async review(actor: Viewer, drillId: string): Promise<{ readonly review: DrillReview; readonly head: DrillHead; readonly known: Known }> {
    const { known, part } = await this.#visible(actor, drillId);
    if (part.sight === 'own' && known.state.status !== 'ended')
      throw new AppError('Conflict', 'The drill is not over.', { remedy: 'Its review is here when it has ended.' });
    const nameOf = await this.#namer();
    const review = reviewDrill({ ...known, nowMs: this.#parts.clock.now(), nameOf }, part.sight);
    return { review, head: known.state.head, known };
  }

  /** What is exported is noted: it names people. */
  async report(actor: PersonRow, drillId: string, address: string): Promise<{ readonly fileName: string; readonly content: AfterAction }> {
    const { review, head, known } = await this.review(actor, drillId);
    const { audit, clock } = this.#parts;
    await audit.record({ actor, action: 'drill.report-exported', subject: drillId, address });
    const content = planReport(head, known.state, review, await this.#namer(), toInstant(clock.now()));
    return { fileName: `drill-${head.scriptSlug}-${toInstant(head.startsAtMs).slice(0, 10)}`, content };
  }

  /** Drills whose incident began and which ended with the person, who had come, in the role: what the chain of evidence says of them. */
  async listEnded(personId: string): Promise<readonly DrillFact[]> {
    this.#seals ??= this.#parts.records.listSeals().catch((error: unknown) => {
      this.#seals = undefined;
      throw error;
    });
    return (await this.#seals).flatMap(({ drillId, title, endedAtMs, begun, members }) => {
      const role = members.find((member) => member.personId === personId)?.role;
      return role === undefined || !begun ? [] : [{ drillId, title, role, endedAtMs }];
    });
  }

  /** Drills that are not over and in which the person has a part, or which they scheduled; for calendars and reminders. */
  listAhead(personId: string): { id: string; title: string; role: string; startsAtMs: number; minutes: number }[] {
    return [...this.#runners.values()].flatMap(({ actor: { state } }) => {
      const member = state.members.find((candidate) => candidate.personId === personId);
      const { id, script, startsAtMs, createdById } = state.head;
      if (state.status === 'ended' || (member === undefined && createdById !== personId)) return [];
      const role = member?.role.replace('-', ' ') ?? 'organiser';
      return [{ id, title: script.title, role, startsAtMs, minutes: script.minutes }];
    });
  }

  /** Somebody's page shows it. Who has no part in it is not noted. */
  async watch(actor: Viewer, drillId: string): Promise<Disposable> {
    await this.#visible(actor, drillId);
    return this.#runners.get(drillId)?.arrive(actor.id) ?? { [Symbol.dispose]: () => undefined };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lifetime[Symbol.asyncDispose]();
  }

  #run(head: DrillHead, entries: readonly DrillEntry[]): DrillRunner {
    const { records, clock, log, liveFire } = this.#parts;
    const runner = new DrillRunner(head, entries, {
      records,
      clock,
      log,
      liveFire,
      pages: {
        arrive: (personId) => this.#sharing.arrive(head.id, personId),
        hasPage: (personId) => this.#sharing.hasPage(head.id, personId),
      },
      onChanged: (state, isOurs) => this.#changed(state, isOurs),
    });
    this.#runners.set(head.id, this.#lifetime.use(runner));
    this.#ended.delete(head.id);
    return runner;
  }

  #changed(state: DrillState, isOurs: boolean): void {
    if (state.status === 'ended') this.#seals = undefined;
    if (isOurs) this.#sharing.tell(state.head.id, state.lastSeq);
    for (const watcher of this.#watchers) watcher(state);
  }

  /** Another server added entries. */
  async #follow(drillId: string, seq: number): Promise<void> {
    const runner = this.#runners.get(drillId);
    if (runner === undefined) {
      const known = await this.#find(drillId, seq);
      if (known !== undefined) this.#changed(known.state, false);
    } else if (runner.actor.state.lastSeq < seq) await runner.actor.refresh();
  }

  async #readAnew(): Promise<void> {
    this.#seals = undefined;
    const ids = new Set([...this.#runners.keys(), ...(await this.#parts.records.listUnended())]);
    for (const id of ids) await this.#follow(id, Number.MAX_SAFE_INTEGER);
  }

  /** As it is in the store, too, where other servers write there. `newestSeq`: of its newest entry, where that is known. */
  async #find(drillId: string, newestSeq?: number): Promise<Known | undefined> {
    const { records } = this.#parts;
    const remembered = this.#remembered(drillId);
    if (remembered !== undefined && this.#sharing.isAlone) return remembered;
    if (remembered !== undefined && remembered.state.lastSeq >= (newestSeq ?? (await records.lastSeq(drillId)))) return remembered;
    const runner = this.#runners.get(drillId);
    if (runner !== undefined) {
      await runner.actor.refresh();
      return this.#remembered(drillId);
    }
    const stored = await records.find(drillId);
    if (stored === undefined) return undefined;
    const known = { state: foldEntries(stored.head, stored.entries), entries: stored.entries };
    if (known.state.status === 'ended') this.#remember(drillId, known);
    else if (!this.#runners.has(drillId)) this.#run(stored.head, stored.entries).reconsider();
    return known;
  }

  #remembered(drillId: string): Known | undefined {
    const actor = this.#runners.get(drillId)?.actor;
    return actor === undefined ? this.#ended.get(drillId) : { state: actor.state, entries: actor.entries };
  }

  #remember(drillId: string, known: Known): void {
    if (this.#ended.size >= MAX_LISTED) this.#ended.clear();
    this.#ended.set(drillId, known);
  }

  /** Who may not see a drill is answered like one who asks for what does not exist, so that ids tell nothing. */
  async #visible(actor: Viewer, drillId: string): Promise<{ readonly known: Known; readonly part: Part }> {
    const known = await this.#find(drillId);
    if (known === undefined) throw notFound('drill');
    const part = partOf(actor, known.state);
    if (part.sight === 'none') throw notFound('drill');
    return { known, part };
  }

  /** What is over is read from the store, and still rated and talked about. */
  async #writable(drillId: string, move: DrillMove): Promise<DrillActor> {
    const running = this.#runners.get(drillId);
    if (running !== undefined) return running.actor;
    const stored = await this.#parts.records.find(drillId);
    if (stored === undefined) throw notFound('drill');
    if (move.move === 'leave') throw new AppError('Conflict', 'The drill is over.', { remedy: 'Close the page.' });
    return (this.#runners.get(drillId) ?? this.#run(stored.head, stored.entries)).actor;
  }

  async #requireScript(slug: string): Promise<LoadedScript> {
    const script = (await this.#parts.loadScripts()).scripts.find((known) => known.slug === slug);
    if (script === undefined) throw notFound('script');
    return script;
  }

  async #cast({ members }: ScheduleDrill): Promise<readonly Casting[]> {
    return Promise.all(
      members.map(async ({ personId, role }) => {
        const person = await this.#parts.findPerson(personId);
        if (person === undefined || person.state === 'disabled') throw notFound('person');
        return { personId, name: person.name, accountRole: person.role, role };
      }),
    );
  }

  /** One who joins late is held to the same rules. */
  async #requireFit(personId: string, role: Casting['role']): Promise<void> {
    const person = await this.#parts.findPerson(personId);
    if (person === undefined || person.state === 'disabled') throw notFound('person');
    const cast: Casting = { personId, name: person.name, accountRole: person.role, role };
    const issue = findCastIssues([cast], { roles: { needed: [], useful: [] } }).find(({ path }) => path.startsWith('members.'));
    if (issue !== undefined) throw new AppError('InvalidRequest', issue.message, { remedy: 'Choose another role.' });
  }

  async #note({ actor, drillId, move: made, added, address }: Made): Promise<void> {
    const { move } = made;
    if (added.length === 0 || !AUDITED.has(move)) return;
    await this.#parts.audit.record({
      actor,
      action: `drill.${move}`,
      subject: drillId,
      detail: auditDetail(made),
      ...(address === undefined ? {} : { address }),
    });
    if (move === 'end') await this.#parts.flushStore();
  }

  /** Numbers of updates differ there, so what it corrects is not named. What the attempt refuses is in the drill's record all the same. */
  async #tellAttempt(actor: PersonRow, { sandbox, head }: DrillState, update: PostStatus): Promise<void> {
    const attemptId = sandbox?.attemptId ?? null;
    if (attemptId === null) return;
    try {
      await this.#parts.tellAttempt(actor, attemptId, { ...update, corrects: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#parts.log.info({ drillId: head.id, reason: messageOf(error) }, 'a status update is not in the attempt');
    }
  }

  async #namer(): Promise<(personId: string) => PersonRef> {
    return nameFrom(await this.#parts.names());
  }
}

function holdsSandbox({ head, sandbox }: DrillState): boolean {
  return head.mode === 'live-fire' && sandbox !== null && sandbox.state !== 'gone' && sandbox.state !== 'failed';
}

function headOf({ slug, hash, script }: LoadedScript, wanted: ScheduleDrill, createdById: string, nowMs: number): DrillHead {
  return {
    id: newId('drill'),
    scriptSlug: slug,
    scriptHash: hash,
    script,
    mode: wanted.mode,
    createdById,
    startsAtMs: wanted.startsAt === undefined ? nowMs : Date.parse(wanted.startsAt),
  };
}
