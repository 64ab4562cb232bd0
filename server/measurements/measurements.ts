import { nameFrom } from '../accounts/people.ts';
import { AppError, messageOf, notFound } from '../app-error.ts';
import { hasEnded, isWorking, type Attempt } from '../attempts/attempt.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import { requireIdle, requireState } from '../attempts/move.ts';
import { mayDo, requireRight, requireView } from '../attempts/permissions.ts';
import { Semaphore } from '../semaphore.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { orAborted } from '../../grader/stability-window.ts';
import { StageError, type LabWorkload } from '../../labs/lab-stage.ts';
import type { MeasurementRun, Measurements as MeasurementsView } from '../contract/measurements.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { Logger } from '../log.ts';
import type { Leases } from '../replicas/replicas.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import type { PersonRow } from '../store/schema.ts';
import { MAX_RUNS, type MeasurementRecords, type StoredRun } from './measurement-records.ts';
import { measurementsCsv, viewRun } from './measurement-view.ts';

export interface MeasurementParts {
  readonly supervisor: Supervisor;
  readonly catalogue: LabCatalogue;
  readonly records: MeasurementRecords;
  readonly names: () => Promise<ReadonlyMap<string, PersonRef>>;
  readonly audit: AuditLog;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Traffic costs processor time here and in the sandbox, and who measures beside others measures them too. */
const RUNS_AT_ONCE = 2;
const STOPPED = 'The server was stopped while it measured. Measure again.';
const CUT_OFF = 'The server was cut off from the others while it measured. Measure again.';
const LEASES = 'measurement/';

/**
 * Measured runs: each is asked for by a person, made from outside of the sandbox, and kept. One at a time in an attempt, by the server that was asked, under a lease;
 * what comes of it is read from the store by all. The run of a server that died is ended by whoever finds its lease free.
 */
export class Measurements implements AsyncDisposable {
  readonly #parts: MeasurementParts;
  readonly #running = new Map<string, AbortController>();
  readonly #ends = new Set<Promise<void>>();
  readonly #atOnce = new Semaphore(RUNS_AT_ONCE);
  readonly #subscriptions: readonly Disposable[];

  private constructor(parts: MeasurementParts) {
    this.#parts = parts;
    this.#subscriptions = [
      parts.supervisor.subscribe((attempt) => this.#changed(attempt)),
      parts.leases.onLost((names) => {
        for (const [attemptId, abort] of this.#running) if (names.includes(leaseOf(attemptId))) abort.abort(new Error(CUT_OFF));
      }),
      parts.leases.onFree((name) => {
        if (name === undefined || name.startsWith(LEASES)) this.#keep(this.#endAbandoned());
      }),
    ];
  }

  static async open(parts: MeasurementParts): Promise<Measurements> {
    const measurements = new Measurements(parts);
    await measurements.#endAbandoned();
    return measurements;
  }

  async list(actor: PersonRow, attemptId: string): Promise<MeasurementsView> {
    const { attempt, runs } = await this.#seen(actor, attemptId);
    const nameOf = nameFrom(await this.#parts.names());
    return {
      attempt: { id: attempt.id, title: attempt.lab.title, person: nameOf(attempt.personId), ended: hasEnded(attempt) },
      workloads: this.#workloads(attempt).map((workload) => ({ ...workload, aims: { ...workload.aims } })),
      runs: runs.map((run) => viewRun(run, nameOf)),
      mayMeasure: mayDo(actor, attempt, 'work') && !hasEnded(attempt),
      left: Math.max(0, MAX_RUNS - runs.length),
    };
  }

  async csv(actor: PersonRow, attemptId: string): Promise<string> {
    const { runs } = await this.#seen(actor, attemptId);
    return measurementsCsv(runs);
  }

  /** Resolves when the run has begun; what comes of it is seen in {@link list}. */
  async start(actor: PersonRow, attemptId: string, label: string): Promise<MeasurementRun> {
    const attempt = await this.#parts.supervisor.read(attemptId);
    requireRight(actor, attempt, 'work');
    if (this.#workloads(attempt).length === 0) throw notFound('measurement in this lab');
    requireState(attempt, isWorking(attempt), attempt.state === 'grading' ? 'The work is being graded.' : undefined);
    requireIdle(attempt);
    if (this.#running.has(attemptId)) throw isUnderWay();
    const abort = new AbortController();
    this.#running.set(attemptId, abort);
    try {
      const run = await this.#begin(actor, attemptId, label);
      await this.#parts.audit.record({ actor, action: 'measurement.started', subject: attemptId, detail: { run: run.number } });
      this.#keep(this.#measure(attemptId, run, abort.signal));
      return viewRun(run, nameFrom(await this.#parts.names()));
    } catch (error) {
      this.#running.delete(attemptId);
      throw error;
    }
  }

  async #begin(actor: PersonRow, attemptId: string, label: string): Promise<StoredRun> {
    const { leases, records, clock } = this.#parts;
    if (!(await leases.take(leaseOf(attemptId)))) throw isUnderWay();
    try {
      await records.endUnfinished(attemptId, clock.now(), STOPPED);
      return await records.begin(attemptId, { label, byId: actor.id, nowMs: clock.now() });
    } catch (error) {
      await leases.release(leaseOf(attemptId));
      throw error instanceof DuplicateKeyError ? isUnderWay() : error;
    }
  }

  /** Of servers that died. Never rejects: who comes next finds them as well. */
  async #endAbandoned(): Promise<void> {
    const { leases, records, clock, log } = this.#parts;
    try {
      for (const attemptId of await records.listUnfinished()) {
        if (this.#running.has(attemptId) || !(await leases.take(leaseOf(attemptId)))) continue;
        if (!this.#running.has(attemptId)) {
          await records.endUnfinished(attemptId, clock.now(), STOPPED);
          await leases.release(leaseOf(attemptId));
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'measurements of servers that ended could not be ended');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    for (const abort of this.#running.values()) abort.abort(new Error(STOPPED));
    await Promise.all(this.#ends);
  }

  #workloads({ lab }: Attempt): readonly LabWorkload[] {
    return this.#parts.catalogue.find(lab.slug)?.workloads ?? [];
  }

  async #seen(actor: PersonRow, attemptId: string): Promise<{ readonly attempt: Attempt; readonly runs: readonly StoredRun[] }> {
    const attempt = await this.#parts.supervisor.read(attemptId);
    requireView(actor, attempt);
    return { attempt, runs: await this.#parts.records.list(attemptId) };
  }

  /** What is being graded, reset or ended is not what was to be measured. */
  #changed(attempt: Attempt): void {
    if (isWorking(attempt) && attempt.operation === null) return;
    this.#running.get(attempt.id)?.abort(new Error('The attempt went on to something else while it was measured. Measure again.'));
  }

  #keep(work: Promise<void>): void {
    this.#ends.add(work);
    void work.finally(() => this.#ends.delete(work));
  }

  /** Never rejects: what could not even be stored is logged, and the next start finds it unfinished. */
  async #measure(attemptId: string, run: StoredRun, signal: AbortSignal): Promise<void> {
    const { records, clock, log } = this.#parts;
    try {
      const outcome = await this.#atOnce.run(() => this.#outcome(attemptId, signal));
      await records.finish(attemptId, run.number, { ...outcome, atMs: clock.now() });
    } catch (error) {
      log.error({ err: error, attemptId, run: run.number }, 'a measurement could not be stored');
    } finally {
      this.#running.delete(attemptId);
      await this.#parts.leases.release(leaseOf(attemptId));
    }
  }

  async #outcome(attemptId: string, signal: AbortSignal): Promise<Pick<StoredRun, 'reason' | 'workloads'>> {
    try {
      signal.throwIfAborted();
      const runner = await this.#parts.supervisor.require(attemptId);
      const stage = await runner.hold.stage();
      return { reason: null, workloads: await orAborted(stage.measure(signal), signal) };
    } catch (error) {
      if (signal.aborted) return { reason: messageOf(signal.reason), workloads: [] };
      this.#parts.log.warn({ err: error, attemptId }, 'a measurement failed');
      const why = error instanceof StageError ? ` (${error.message})` : '';
      return { reason: `It could not be measured, and that is not your doing. Try again in a moment.${why}`, workloads: [] };
    }
  }
}

function leaseOf(attemptId: string): string {
  return `${LEASES}${attemptId}`;
}

function isUnderWay(): AppError {
  return new AppError('Conflict', 'A measurement of this attempt is under way.', { remedy: 'Wait until it is done; it takes seconds.' });
}
