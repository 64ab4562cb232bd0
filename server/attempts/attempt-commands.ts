import type { LabService } from '../../labs/lab-stage.ts';
import type { People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { Accommodations } from '../accommodations/accommodations.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { AttemptMode } from '../../labs/lab-stage.ts';
import type { AiPolicy, DeclareAi } from '../contract/ai-policy.ts';
import type { Metrics, ServiceView, TerminalView } from '../contract/attempts.ts';
import type { AttemptRight, NamedMember, StartTeam } from '../contract/teams.ts';
import type { PersonRow, Tx } from '../store/schema.ts';
import { lookAtService, scrape } from '../sandboxes/lab-services.ts';
import type { TerminalHub } from '../terminals/terminal-hub.ts';
import { currentStep, hasEnded, isWorking, type Attempt } from './attempt.ts';
import type { AttemptRecords } from './attempt-records.ts';
import type { AttemptRunner } from './attempt-runner.ts';
import type { AttemptViews } from './attempt-views.ts';
import type { EvidenceChain } from './evidence-chain.ts';
import type { LabCatalogue } from './lab-catalogue.ts';
import { requireIdle, requireState } from './move.ts';
import { abandon, askForVerdict } from './ending-moves.ts';
import { acknowledgeAi, declareAi, requireSamePolicy } from './ai-moves.ts';
import type { AiPolicies } from './ai-policies.ts';
import { extend, reset, startIncident } from './moves.ts';
import { maySteerOthers, requireRight, requireSteer, requireView } from './permissions.ts';
import { memberOf, soloMembers } from './team.ts';
import { askToSkip, requireOpenStep, unlockHint } from './step-moves.ts';
import type { Supervisor } from './supervisor.ts';
import { aiEvidence } from './ai-evidence.ts';
import { inviteTeam } from './team-invitation.ts';
import { handOver, joined, joinTeam, leaveTeam } from './team-moves.ts';
import type { VerdictRecords } from './verdict-records.ts';

export interface CommandParts {
  readonly supervisor: Supervisor;
  readonly records: AttemptRecords;
  readonly people: People;
  readonly catalogue: LabCatalogue;
  readonly views: AttemptViews;
  readonly terminals: TerminalHub;
  readonly verdicts: VerdictRecords;
  readonly ai: AiPolicies;
  readonly accommodations: Accommodations;
  readonly evidence: EvidenceChain;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly flushStore: () => Promise<void>;
}

/** What people do with attempts: each command checks who asks, then makes its move. Routes and sockets come through here. */
export class AttemptCommands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** Choosing the fault is for instructors and administrators. With a team the attempt is for each who is named. */
  async start(
    actor: PersonRow,
    wanted: {
      readonly lab: string;
      readonly mode: AttemptMode;
      readonly fault?: string | undefined;
      readonly team?: StartTeam | undefined;
      readonly acknowledges?: AiPolicy | undefined;
    },
  ): Promise<Attempt> {
    if (wanted.fault !== undefined && !maySteerOthers(actor)) {
      throw new AppError('Forbidden', 'Only instructors choose the fault.', { remedy: 'Start without naming one; the seed decides.' });
    }
    const { supervisor, catalogue, people, clock } = this.#parts;
    const lab = catalogue.find(wanted.lab);
    if (lab === undefined) throw notFound('lab');
    const members = wanted.team === undefined ? undefined : await inviteTeam(people, actor, wanted.team, lab.team ?? [], clock.now());
    const players = members ?? soloMembers(actor.id, clock.now());
    const [aiPolicy, extraTime] = await Promise.all([
      this.#parts.ai.policyFor(
        players.map(({ personId }) => personId),
        lab.slug,
      ),
      this.#parts.accommodations.forTeam(players),
    ]);
    if (wanted.acknowledges !== undefined) requireSamePolicy(aiPolicy, wanted.acknowledges);
    const attempt = await supervisor.request({
      personId: actor.id,
      labSlug: wanted.lab,
      mode: wanted.mode,
      fault: wanted.fault,
      members,
      aiPolicy,
      extraTime,
      acknowledgedBy: wanted.acknowledges === undefined ? [] : [actor.id],
    });
    await this.#note(actor, 'attempt.started', attempt, {
      lab: wanted.lab,
      mode: wanted.mode,
      ai: aiPolicy,
      ...(wanted.fault === undefined ? {} : { fault: wanted.fault }),
      ...(members === undefined ? {} : { team: members.map(({ personId, role }) => ({ person: personId, role })) }),
    });
    return attempt;
  }

  async read(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const attempt = await this.#parts.supervisor.read(attemptId);
    requireView(actor, attempt);
    return attempt;
  }

  /** As {@link AttemptCommands.read}, for somebody who opens the attempt's page: from the first time on it counts for them. */
  async arrive(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const attempt = await this.read(actor, attemptId);
    const runner = this.#parts.supervisor.find(attemptId);
    if (runner === undefined || joined(attempt, actor.id, 0) === undefined) return attempt;
    return runner.actor.change((current, nowMs) => joined(current, actor.id, nowMs), this.#membersAlong);
  }

  /** Two members of the team swap roles. */
  async handOver(actor: PersonRow, attemptId: string, from: string, to: string): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId, 'hand-over');
    const attempt = await runner.actor.change((current) => handOver(current, from, to, actor.id), this.#membersAlong);
    await this.#note(actor, 'attempt.role-handed-over', attempt, { from, to });
    return attempt;
  }

  /** The caller has no part in it any more. */
  async leaveTeam(actor: PersonRow, attemptId: string): Promise<void> {
    requireView(actor, await this.#parts.supervisor.read(attemptId));
    const runner = await this.#parts.supervisor.require(attemptId);
    const attempt = await runner.actor.change((current) => leaveTeam(current, actor.id), this.#membersAlong);
    await this.#note(actor, 'attempt.team-left', attempt);
  }

  /** Somebody else for a role that nobody has. */
  async inviteToTeam(actor: PersonRow, attemptId: string, { email, personId, role }: NamedMember): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId, 'hand-over');
    const { people, catalogue } = this.#parts;
    const person = email === undefined ? await people.find(personId ?? '') : await people.findByEmail(email);
    if (person === undefined || person.state === 'disabled') throw notFound('person');
    const roles = catalogue.find(runner.actor.attempt.lab.slug)?.team ?? [];
    const attempt = await runner.actor.change((current) => joinTeam(current, person.id, role, roles), this.#membersAlong);
    await this.#note(actor, 'attempt.team-joined', attempt, { member: person.id, role });
    return attempt;
  }

  async extend(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId);
    const attempt = await runner.actor.change((current, nowMs) => extend(current, actor.id, nowMs));
    await this.#note(actor, 'attempt.extended', attempt);
    return attempt;
  }

  /** Each who plays says it for themselves. */
  async acknowledgeAi(actor: PersonRow, attemptId: string, policy: AiPolicy): Promise<Attempt> {
    const runner = await this.#ofMember(actor, attemptId);
    return runner.actor.change((current) => acknowledgeAi(current, policy, actor.id));
  }

  /** While it runs, or afterwards; with whoever writes for the team. What is declared is evidence of its own beside the verdict's. */
  async declareAi(actor: PersonRow, attemptId: string, declared: DeclareAi): Promise<Attempt> {
    const { supervisor, records, evidence, clock } = this.#parts;
    requireRight(actor, await supervisor.read(attemptId), 'write');
    const runner = supervisor.find(attemptId);
    const along = async (tx: Tx, attempt: Attempt): Promise<void> => {
      if (!hasEnded(attempt)) return;
      const payload = { personId: actor.id, ai: aiEvidence(attempt.ai) };
      await evidence.append(tx, { attemptId, kind: 'ai-declaration', atMs: clock.now(), payload });
    };
    const attempt = await evidence.exclusive(async () => {
      if (runner !== undefined) return runner.actor.change((current, nowMs) => declareAi(current, declared, actor.id, nowMs), along);
      const move = declareAi(await records.require(attemptId), declared, actor.id, clock.now());
      await records.save(move, clock.now(), along);
      return move.attempt;
    });
    await this.#note(actor, 'attempt.ai-declared', attempt, { tools: declared.tools });
    return attempt;
  }

  async reset(actor: PersonRow, attemptId: string, to: 'start' | 'healthy' | 'fault'): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId);
    const attempt = await runner.actor.change((current, nowMs) => reset(current, to, actor.id, nowMs));
    await this.#note(actor, 'attempt.reset', attempt, { to });
    return attempt;
  }

  /** Captures the baseline while the caller waits, so that what is not healthy can be said at once (NotHealthy). */
  async startIncident(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const runner = await this.#allowed(actor, attemptId, 'decide');
    return this.#beginIncident(runner, actor, undefined);
  }

  /** An instructor's fault, by hand: in the build phase as soon as the lab is healthy, in an incident in place of the live one. */
  async injectFault(actor: PersonRow, attemptId: string, fault: string): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId);
    const lab = this.#parts.catalogue.find(runner.actor.attempt.lab.slug);
    if (lab?.faults.some((known) => known.id === fault) !== true) throw notFound('fault in this lab');
    const attempt = await this.#beginIncident(runner, actor, fault);
    await this.#note(actor, 'attempt.fault-injected', attempt, { fault });
    return attempt;
  }

  async grade(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const runner = await this.#allowed(actor, attemptId, 'decide');
    const attempt = await runner.actor.change((current, nowMs) => askForVerdict(current, actor.id, nowMs));
    await this.#note(actor, 'attempt.verdict-asked', attempt);
    return attempt;
  }

  async abandon(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId);
    const attempt = await runner.actor.change((current, nowMs) => abandon(current, actor.id, nowMs));
    await this.#note(actor, 'attempt.abandoned', attempt);
    return attempt;
  }

  /** Checks now instead of at the next tick. */
  async checkStep(actor: PersonRow, attemptId: string, stepId: string): Promise<Attempt> {
    const runner = await this.#steered(actor, attemptId, 'work');
    requireState(runner.actor.attempt, isWorking(runner.actor.attempt));
    requireIdle(runner.actor.attempt);
    if (currentStep(runner.actor.attempt)?.id !== stepId) requireOpenStep(runner.actor.attempt, stepId);
    await runner.checkNow();
    return runner.actor.attempt;
  }

  async skipStep(actor: PersonRow, attemptId: string, stepId: string): Promise<Attempt> {
    const runner = await this.#allowed(actor, attemptId, 'decide');
    return runner.actor.change((current, nowMs) => askToSkip(current, stepId, actor.id, nowMs));
  }

  async unlockHint(actor: PersonRow, attemptId: string, stepId: string, hint: number): Promise<Attempt> {
    const runner = await this.#allowed(actor, attemptId, 'work');
    const content = (await this.#parts.views.content(runner.actor.attempt)).find((step) => step.id === stepId);
    if (content === undefined) throw notFound('step');
    return runner.actor.change((current, nowMs) => unlockHint(current, content, hint, actor.id, nowMs));
  }

  async createTerminal(actor: PersonRow, attemptId: string): Promise<TerminalView> {
    const runner = await this.#allowed(actor, attemptId, 'type');
    requireState(runner.actor.attempt, runner.actor.attempt.prepared, 'The sandbox is not ready for a terminal yet.');
    return this.#parts.terminals.create(attemptId);
  }

  async closeTerminal(actor: PersonRow, attemptId: string, terminalId: string): Promise<void> {
    await this.#allowed(actor, attemptId, 'type');
    await this.#parts.terminals.close(attemptId, terminalId);
  }

  /** Empty until the sandbox is prepared and after it is gone. */
  async services(actor: PersonRow, attemptId: string): Promise<ServiceView[]> {
    const attempt = await this.read(actor, attemptId);
    const runner = this.#parts.supervisor.find(attemptId);
    if (runner === undefined || !attempt.prepared || hasEnded(attempt)) return [];
    const [{ operatorConfig }, stage] = await Promise.all([runner.hold.sandbox(), runner.hold.stage()]);
    return Promise.all(
      stage
        .services()
        .map((service) => lookAtService(operatorConfig, service, `/preview/${attemptId}/${service.name}/`, this.#parts.clock)),
    );
  }

  async metrics(actor: PersonRow, attemptId: string, serviceName: string): Promise<Metrics> {
    const { runner, service } = await this.requireService(actor, attemptId, serviceName);
    return scrape((await runner.hold.sandbox()).operatorConfig, service, this.#parts.clock);
  }

  /** A service that the lab shows, of an attempt that runs. */
  async requireService(actor: PersonRow, attemptId: string, serviceName: string): Promise<{ runner: AttemptRunner; service: LabService }> {
    const attempt = await this.read(actor, attemptId);
    const runner = await this.#parts.supervisor.require(attemptId);
    requireState(attempt, attempt.prepared, 'The sandbox is not ready yet.');
    const service = (await runner.hold.stage()).services().find((candidate) => candidate.name === serviceName);
    if (service === undefined) throw notFound('service in this lab');
    return { runner, service };
  }

  /** Only what has ended can be judged by a person; the machine's verdict stays beside it. */
  async override(actor: PersonRow, attemptId: string, outcome: 'passed' | 'failed', reason: string): Promise<Attempt> {
    const attempt = await this.read(actor, attemptId);
    if (memberOf(attempt, actor.id) !== undefined)
      throw new AppError('Forbidden', 'Nobody overrides the outcome of an attempt they took part in.', { remedy: 'Ask another manager.' });
    if (!hasEnded(attempt)) throw new AppError('Conflict', 'This attempt still runs.', { remedy: 'Wait for its verdict.' });
    await this.#parts.verdicts.addOverride(attemptId, { atMs: this.#parts.clock.now(), byId: actor.id, outcome, reason });
    await this.#note(actor, 'grade.overridden', attempt, { outcome, reason });
    await this.#parts.flushStore();
    return attempt;
  }

  async #beginIncident(runner: AttemptRunner, actor: PersonRow, fault: string | undefined): Promise<Attempt> {
    const { attempt } = runner.actor;
    requireIdle(attempt);
    // The state is looked at before the slow part, so that a refusal needs no look into the sandbox.
    if (attempt.baseline === null) startIncident(attempt, { capturedAt: '', data: null }, fault, actor.id, this.#parts.clock.now());
    const baseline = attempt.baseline ?? (await (await runner.hold.stage()).captureBaseline());
    return runner.actor.change((current, nowMs) => startIncident(current, current.baseline ?? baseline, fault, actor.id, nowMs));
  }

  readonly #membersAlong = (tx: Tx, attempt: Attempt): Promise<void> => this.#parts.records.saveMembers(tx, attempt);

  async #allowed(actor: PersonRow, attemptId: string, right: AttemptRight): Promise<AttemptRunner> {
    requireRight(actor, await this.#parts.supervisor.read(attemptId), right);
    return this.#parts.supervisor.require(attemptId);
  }

  async #ofMember(actor: PersonRow, attemptId: string): Promise<AttemptRunner> {
    const attempt = await this.read(actor, attemptId);
    if (memberOf(attempt, actor.id) === undefined)
      throw new AppError('ReadOnly', 'You may look at this attempt but not work in it.', { remedy: 'Start an attempt of your own.' });
    return this.#parts.supervisor.require(attemptId);
  }

  async #steered(actor: PersonRow, attemptId: string, right: AttemptRight = 'decide'): Promise<AttemptRunner> {
    requireSteer(actor, await this.#parts.supervisor.read(attemptId), right);
    return this.#parts.supervisor.require(attemptId);
  }

  #note(actor: PersonRow, action: string, attempt: Attempt, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.#parts.audit.record({ actor, action, subject: attempt.id, detail: { ...detail, person: attempt.personId } });
  }
}
