import { isDeepStrictEqual } from 'node:util';
import { chaosApiVersion, type ChaosRecord, type ChaosStatus, type Experiment, type PodSelector } from '../../chaos/chaos-types.ts';
import { messageOf } from '../client/api-errors.ts';
import { Backoff } from '../client/backoff.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import type { ObjectKey } from '../client/object-key.ts';
import { resources } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import { awaitable, disposeAll, onSelf, recorderFor, startLoop, type ControllerContext } from '../controllers/controller-context.ts';
import type { Node, Pod } from '../meta/generated/types.ts';
import type { ObjectMeta } from '../meta/kube-object.ts';
import { ChaosRefusal, chaosRef, type ChaosEffects } from './chaos-context.ts';
import { afterAttempt, newRecord, planMetadata, planPhase, planStatus, type DesiredPhase } from './experiment-plan.ts';
import { selectPods } from './select-pods.ts';

/** Overrides what is random in a choice of pods, so that a lab chooses the same every time; without it the uid decides. */
export const seedAnnotation = 'chaos.drillhouse.dev/seed';
const component = 'chaos-controller-manager';

export interface ExperimentOptions<T extends Experiment> {
  readonly kind: T['kind'];
  readonly effects: ChaosEffects<T>;
}

/** Keeps what experiments of one kind do at what they say: injected while they run, taken back when they are paused, over or deleted. */
export function startExperimentController<T extends Experiment>(
  context: ControllerContext,
  { kind, effects }: ExperimentOptions<T>,
): AsyncDisposable {
  const recorder = recorderFor(context, component);
  const experiments = context.informers.informer<T>(chaosRef(kind));
  const pods = context.informers.informer<Pod>(resources.pods);
  const nodes = context.informers.informer<Node>(resources.nodes);
  const keeper = new ExperimentKeeper<T>({ context, recorder, experiments, pods, nodes, kind, effects });
  const loop = startLoop(context, {
    name: kind.toLowerCase(),
    waitFor: [awaitable(experiments), awaitable(pods), awaitable(nodes)],
    watch: (queue) => [onSelf(experiments, queue)],
    reconcile: (key) => keeper.reconcile(key),
  });
  return disposeAll([recorder, loop]);
}

interface KeeperParts<T extends Experiment> extends ExperimentOptions<T> {
  readonly context: ControllerContext;
  readonly recorder: EventRecorder;
  readonly experiments: Informer<T>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
}

/** What this process knows of an experiment beyond the object: it may have acted on it before the object says so. */
interface Held<T> {
  readonly chaos: T;
  records: readonly ChaosRecord[];
  /** The last round's failure, and when what failed is tried again. */
  failure: { readonly message: string; readonly phase: 'Run' | 'Stop'; readonly retryAtMs: number } | undefined;
}

class ExperimentKeeper<T extends Experiment> {
  readonly #parts: KeeperParts<T>;
  readonly #held = new Map<ObjectKey, Held<T>>();
  readonly #backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });

  constructor(parts: KeeperParts<T>) {
    this.#parts = parts;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { experiments, effects, context, kind } = this.#parts;
    const chaos = experiments.get(key);
    const before = this.#held.get(key);
    // Gone without its finalizer, as when a snapshot is restored over it: what it did is taken back all the same.
    if (before !== undefined && before.chaos.metadata.uid !== chaos?.metadata.uid) await this.#abandon(key, before);
    if (chaos === undefined) return undefined;
    const held = this.#hold(key, { ...chaos, apiVersion: chaosApiVersion, kind });
    const { phase, endsAtMs, reason } = this.#phaseOf(held.chaos);
    if (!this.#isWaiting(held, phase)) await this.#step(held, phase);
    await effects.settle?.(uidOf(held.chaos), held.chaos, held.records);
    await this.#write(held, planStatus(chaos, phase, held.records, held.failure?.message ?? reason), planMetadata(chaos, held.records));
    const dueMs = [endsAtMs, held.failure?.retryAtMs].filter((at) => at !== undefined);
    return dueMs.length === 0 ? undefined : { requeueAfterMs: Math.max(0, Math.min(...dueMs) - context.clock.now()) };
  }

  /** What failed is left alone until its time has come; the other way can be gone at once. */
  #isWaiting({ failure }: Held<T>, phase: 'Run' | 'Stop'): boolean {
    return failure !== undefined && failure.phase === phase && failure.retryAtMs > this.#parts.context.clock.now();
  }

  /** The finalizer and the records are written before anything is done, so that nothing done is ever forgotten. */
  async #step(held: Held<T>, phase: 'Run' | 'Stop'): Promise<void> {
    held.failure = undefined;
    if (phase === 'Run' && held.records.length === 0) this.#select(held);
    else if (held.chaos.status?.experiment?.containerRecords !== undefined) held.records = await this.#converge(held, phase);
    if (!hasFailed(held)) this.#backoff.forget(uidOf(held.chaos));
  }

  #hold(key: ObjectKey, chaos: T): Held<T> {
    const before = this.#held.get(key);
    const held = {
      chaos,
      records: before?.records ?? chaos.status?.experiment?.containerRecords ?? [],
      failure: before?.failure,
    };
    this.#held.set(key, held);
    return held;
  }

  /** A duration that is none stops the experiment and says so. */
  #phaseOf(chaos: T): DesiredPhase & { readonly reason?: string } {
    try {
      return planPhase(chaos, this.#parts.context.clock.now());
    } catch (error) {
      return { phase: 'Stop', reason: messageOf(error) };
    }
  }

  #select(held: Held<T>): void {
    try {
      held.records = this.#selected(held.chaos);
      if (held.records.length === 0) throw new ChaosRefusal('no pod is selected');
    } catch (error) {
      this.#fail(held, 'Run', messageOf(error));
      this.#parts.recorder.record(held.chaos, 'Warning', 'Failed', `Failed to select targets: ${messageOf(error)}`);
    }
  }

  #selected(chaos: T): ChaosRecord[] {
    const { effects } = this.#parts;
    const containerNames = 'containerNames' in chaos.spec ? (chaos.spec.containerNames ?? []) : [];
    const ids = this.#choose(chaos, chaos.spec, '').flatMap((pod) => {
      const id = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
      if (!effects.isOfContainers(chaos)) return [id];
      const all = (pod.spec?.containers ?? []).map(({ name }) => name);
      const wanted = containerNames.length === 0 ? all.slice(0, 1) : all.filter((name) => containerNames.includes(name));
      return wanted.map((name) => `${id}/${name}`);
    });
    const targets =
      chaos.kind === 'NetworkChaos' && chaos.spec.target !== undefined ? this.#choose(chaos, chaos.spec.target, '/target') : [];
    return [
      ...ids.map((id) => newRecord(id, '.')),
      ...targets.map(({ metadata }) => newRecord(`${metadata.namespace ?? ''}/${metadata.name}`, '.Target')),
    ];
  }

  #choose({ metadata }: T, selector: PodSelector, purpose: string): readonly Pod[] {
    const { pods, nodes } = this.#parts;
    const seed = `${metadata.annotations?.[seedAnnotation] ?? metadata.uid ?? ''}${purpose}`;
    return selectPods(selector, { pods: pods.all(), nodes: nodes.all(), namespace: metadata.namespace ?? '', seed });
  }

  async #converge(held: Held<T>, phase: 'Run' | 'Stop'): Promise<readonly ChaosRecord[]> {
    const records: ChaosRecord[] = [];
    for (const record of held.records) records.push(phase === 'Run' ? await this.#inject(held, record) : await this.#recover(held, record));
    return records;
  }

  async #inject(held: Held<T>, record: ChaosRecord): Promise<ChaosRecord> {
    const { effects } = this.#parts;
    const isDone = record.phase === 'Injected';
    if (isDone && effects.isOneShot(held.chaos)) return record;
    try {
      await effects.inject(held.chaos, record);
      return isDone ? record : this.#done(held, record, 'Apply');
    } catch (error) {
      // What is in force already and was lost with its container stays as it is, as in Chaos Mesh.
      return isDone ? record : this.#failed(held, record, 'Apply', messageOf(error));
    }
  }

  async #recover(held: Held<T>, record: ChaosRecord): Promise<ChaosRecord> {
    if (record.phase === 'Not Injected') return record;
    try {
      await this.#parts.effects.recover(held.chaos, record);
      return this.#done(held, record, 'Recover');
    } catch (error) {
      return this.#failed(held, record, 'Recover', messageOf(error));
    }
  }

  #done(held: Held<T>, record: ChaosRecord, operation: 'Apply' | 'Recover'): ChaosRecord {
    const { recorder, context } = this.#parts;
    const { reason, verb } = words[operation];
    recorder.record(held.chaos, 'Normal', reason, `Successfully ${verb} chaos for ${record.id}`);
    return afterAttempt(record, operation, context.clock.now());
  }

  #failed(held: Held<T>, record: ChaosRecord, operation: 'Apply' | 'Recover', message: string): ChaosRecord {
    const { recorder, context } = this.#parts;
    this.#fail(held, operation === 'Apply' ? 'Run' : 'Stop', message);
    recorder.record(held.chaos, 'Warning', 'Failed', `Failed to ${words[operation].verb} chaos: ${message}`);
    return afterAttempt(record, operation, context.clock.now(), message);
  }

  /** Once a round, however many records fail in it. */
  #fail(held: Held<T>, phase: 'Run' | 'Stop', message: string): void {
    held.failure ??= { message, phase, retryAtMs: this.#parts.context.clock.now() + this.#backoff.next(uidOf(held.chaos)) };
  }

  async #write(held: Held<T>, status: ChaosStatus, metadata: ObjectMeta): Promise<void> {
    const { chaos } = held;
    if (isDeepStrictEqual(status, chaos.status) && isDeepStrictEqual(metadata, chaos.metadata)) return;
    await this.#parts.context.api.update(chaosRef(chaos.kind), { ...chaos, metadata, status });
  }

  async #abandon(key: ObjectKey, { chaos, records }: Held<T>): Promise<void> {
    const { effects } = this.#parts;
    for (const record of records) if (record.phase === 'Injected') await effects.recover(chaos, record);
    await effects.settle?.(uidOf(chaos), undefined, []);
    this.#backoff.forget(uidOf(chaos));
    this.#held.delete(key);
  }
}

const words = { Apply: { reason: 'Applied', verb: 'apply' }, Recover: { reason: 'Recovered', verb: 'recover' } } as const;

function hasFailed({ failure }: Pick<Held<never>, 'failure'>): boolean {
  return failure !== undefined;
}

function uidOf({ metadata }: Experiment): string {
  return metadata.uid ?? '';
}
