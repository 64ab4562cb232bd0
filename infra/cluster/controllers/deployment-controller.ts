import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists, messageOf } from '../client/api-errors.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import { keyOf, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import { findCondition } from '../meta/condition.ts';
import type { Deployment, DeploymentCondition, Pod, PodTemplateSpec, ReplicaSet } from '../meta/generated/types.ts';
import { podTemplateHash } from '../meta/names.ts';
import { controllerOf, controllerReference, isControlledBy } from '../meta/owner-reference.ts';
import { isPodTerminal, podTemplateHashLabel } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { claimObjects } from './claim-objects.ts';
import { awaitable, disposeAll, onOwned, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import {
  desiredReplicasOf,
  maxReplicasOf,
  maxRevision,
  newReplicaSetAnnotations,
  replicasAnnotations,
  revisionAnnotation,
} from './deployment-annotations.ts';
import {
  byCreation,
  isScaling,
  newReplicaCount,
  planCleanup,
  planRecreate,
  planRolling,
  planScaling,
  replicasOf,
  rollingLimits,
  type Scaling,
} from './deployment-plan.ts';
import { deadlineMs, deploymentStatus, hasDeadline, isComplete, progress, putCondition, rolloutStatus } from './deployment-status.ts';

const KIND = 'Deployment';

/** Rolls Deployments out through ReplicaSets, after Kubernetes' deployment controller. */
export function startDeploymentController(context: ControllerContext): AsyncDisposable {
  const controller = new DeploymentController(context);
  const { deployments, replicaSets, pods } = controller;
  const loop = startLoop(context, {
    name: 'deployment',
    waitFor: [awaitable(deployments), awaitable(replicaSets), awaitable(pods)],
    watch: (queue) => [
      onSelf(deployments, queue),
      onOwned(replicaSets, KIND, queue),
      replicaSets.subscribe(({ object }) => {
        if (controllerOf(object) !== undefined) return;
        for (const each of deployments.inNamespace(object.metadata.namespace ?? '')) {
          if (labelSelectorMatches(each.spec?.selector, object.metadata.labels)) queue.add(keyOf(each));
        }
      }),
      // Recreate waits for the last old pod to be gone, which changes no ReplicaSet's number.
      pods.subscribe((event) => {
        if (event.type === 'added' || (event.type === 'updated' && event.object.status?.phase === event.previous.status?.phase)) return;
        const key = controller.deploymentOfPod(event.object);
        if (key !== undefined) queue.add(key);
      }),
    ],
    reconcile: (key) => controller.reconcile(key),
  });
  return disposeAll([controller.recorder, loop]);
}

/** What one turn works on: the Deployment as it is, and its ReplicaSets, which change under its hands. */
interface Rollout {
  deployment: Deployment;
  readonly replicaSets: ReplicaSet[];
  /** Conditions on their way into the status. */
  conditions: DeploymentCondition[];
  collisionCount: number | undefined;
}

class DeploymentController {
  readonly deployments: Informer<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly pods: Informer<Pod>;
  readonly recorder: EventRecorder;
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.deployments = context.informers.informer<Deployment>(resources.deployments);
    this.replicaSets = context.informers.informer<ReplicaSet>(resources.replicaSets);
    this.pods = context.informers.informer<Pod>(resources.pods);
    this.recorder = recorderFor(context, 'deployment-controller');
  }

  deploymentOfPod(pod: Pod): ObjectKey | undefined {
    const owner = controllerOf(pod);
    const namespace = pod.metadata.namespace ?? '';
    const replicaSet = owner?.kind === 'ReplicaSet' ? this.replicaSets.get(`${namespace}/${owner.name}`) : undefined;
    const deployment = replicaSet === undefined ? undefined : controllerOf(replicaSet);
    return deployment?.kind === KIND ? `${namespace}/${deployment.name}` : undefined;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = this.deployments.get(key);
    if (held === undefined) return undefined;
    const deployment: Deployment = { ...held, apiVersion: 'apps/v1', kind: KIND };
    const { api, clock } = this.#context;
    const isSelected = ({ metadata }: ReplicaSet): boolean => labelSelectorMatches(deployment.spec?.selector, metadata.labels);
    const candidates = this.replicaSets.inNamespace(deployment.metadata.namespace ?? '');
    const owned = await claimObjects(api, resources.replicaSets, deployment, resources.deployments, isSelected, candidates);
    const { conditions = [], collisionCount } = deployment.status ?? {};
    const rollout: Rollout = { deployment, replicaSets: [...owned], conditions: [...conditions], collisionCount };
    if (deployment.metadata.deletionTimestamp !== undefined) await this.#writeStatus(rollout, false);
    else await this.#roll(rollout);
    const endsAtMs = deadlineMs(rollout.deployment);
    if (endsAtMs === undefined || endsAtMs < clock.now()) return undefined;
    // A little past it, because times in conditions are whole seconds.
    return { requeueAfterMs: endsAtMs - clock.now() + 1_000 };
  }

  async #roll(rollout: Rollout): Promise<void> {
    const { deployment } = rollout;
    this.#notePause(rollout);
    if (deployment.spec?.paused === true || isScaling(deployment, rollout.replicaSets)) {
      const newReplicaSet = await this.#syncRevision(rollout, false);
      await this.#scale(rollout, planScaling(deployment, newReplicaSet, oldOf(rollout)));
      if (deployment.spec?.paused === true) await this.#cleanUp(rollout);
      await this.#writeStatus(rollout, false);
      return;
    }
    if (deployment.spec?.strategy?.type === 'Recreate') await this.#recreate(rollout);
    else await this.#rollingUpdate(rollout);
  }

  async #rollingUpdate(rollout: Rollout): Promise<void> {
    const newReplicaSet = await this.#syncRevision(rollout, true);
    const steps = newReplicaSet === undefined ? [] : planRolling(rollout.deployment, newReplicaSet, oldOf(rollout));
    await this.#scale(rollout, steps);
    if (steps.length === 0) await this.#cleanUpIfComplete(rollout);
    await this.#writeStatus(rollout, true);
  }

  async #recreate(rollout: Rollout): Promise<void> {
    const existing = await this.#syncRevision(rollout, false);
    const steps = planRecreate(rollout.deployment, existing, oldOf(rollout), this.#doOldPodsRun(rollout));
    const isOldGone = oldOf(rollout).every((each) => replicasOf(each) === 0) && !this.#doOldPodsRun(rollout);
    await this.#scale(rollout, steps);
    if (isOldGone && existing === undefined) {
      const made = await this.#syncRevision(rollout, true);
      await this.#scale(rollout, planRecreate(rollout.deployment, made, oldOf(rollout), false));
    }
    if (steps.length === 0) await this.#cleanUpIfComplete(rollout);
    await this.#writeStatus(rollout, true);
  }

  #doOldPodsRun(rollout: Rollout): boolean {
    const uids = new Set(oldOf(rollout).map(({ metadata }) => metadata.uid));
    return this.pods
      .inNamespace(rollout.deployment.metadata.namespace ?? '')
      .some((pod) => uids.has(controllerOf(pod)?.uid) && !isPodTerminal(pod));
  }

  /** Sees to it that the newest ReplicaSet has the highest revision and the Deployment says so; makes it where asked. */
  async #syncRevision(rollout: Rollout, create: boolean): Promise<ReplicaSet | undefined> {
    const revision = maxRevision(oldOf(rollout)) + 1;
    const existing = newOf(rollout);
    const current =
      existing === undefined
        ? create
          ? await this.#createReplicaSet(rollout, revision)
          : undefined
        : await this.#annotate(rollout, existing, revision);
    if (current === undefined) return undefined;
    const { conditions, deployment } = rollout;
    if (hasDeadline(deployment) && findCondition(conditions, 'Progressing') === undefined) {
      this.#progress(rollout, existing === undefined ? progress.created(current.metadata.name) : progress.found(current.metadata.name));
    }
    await this.#setRevision(rollout, current.metadata.annotations?.[revisionAnnotation]);
    return current;
  }

  async #annotate(rollout: Rollout, existing: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const { deployment } = rollout;
    const annotations = newReplicaSetAnnotations(deployment, existing, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds;
    const isSame =
      isDeepStrictEqual(annotations, existing.metadata.annotations ?? {}) &&
      (existing.spec?.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
    if (isSame || existing.spec === undefined) return existing;
    const spec = { ...existing.spec, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) };
    return this.#update(rollout, existing, { ...existing, metadata: { ...existing.metadata, annotations }, spec });
  }

  async #createReplicaSet(rollout: Rollout, revision: number): Promise<ReplicaSet | undefined> {
    const wanted = this.#newReplicaSet(rollout, revision);
    const { deployment } = rollout;
    try {
      const made = await this.#context.api.create<ReplicaSet>(resources.replicaSets, wanted);
      rollout.replicaSets.push(made);
      const { name } = made.metadata;
      if (replicasOf(made) > 0) this.#tell(deployment, `Scaled up replica set ${name} from 0 to ${replicasOf(made)}`);
      if (hasDeadline(deployment)) this.#progress(rollout, progress.created(name));
      return made;
    } catch (error) {
      if (isAlreadyExists(error)) return this.#onNameTaken(rollout, wanted);
      this.#progress(rollout, progress.createFailed(messageOf(error)), 'False');
      await this.#writeStatus(rollout, false);
      throw error;
    }
  }

  #newReplicaSet(rollout: Rollout, revision: number): ReplicaSet {
    const { deployment, replicaSets } = rollout;
    const template = deployment.spec?.template ?? {};
    const hash = podTemplateHash(template, rollout.collisionCount);
    const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
    const { namespace, name } = deployment.metadata;
    const { minReadySeconds, selector } = deployment.spec ?? {};
    const metadata: ReplicaSet['metadata'] = {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ownerReferences: [controllerReference(deployment)],
    };
    const max = replicasOf(deployment) + rollingLimits(deployment).maxSurge;
    metadata.annotations = {
      ...newReplicaSetAnnotations(deployment, { metadata }, revision),
      ...replicasAnnotations(replicasOf(deployment), max),
    };
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata,
      spec: {
        replicas: newReplicaCount(deployment, replicaSets, 0),
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector?.matchLabels, [podTemplateHashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
  }

  /** The name is our own ReplicaSet's, not in the cache yet, or two templates have one hash and the next try takes another. */
  async #onNameTaken(rollout: Rollout, wanted: ReplicaSet): Promise<ReplicaSet | undefined> {
    const { deployment } = rollout;
    const held = await this.#context.api.get<ReplicaSet>(resources.replicaSets, wanted.metadata.name, wanted.metadata.namespace);
    if (isControlledBy(held, deployment) && isSameTemplate(held.spec?.template, wanted.spec?.template)) {
      rollout.replicaSets.push(held);
      return held;
    }
    rollout.collisionCount = (rollout.collisionCount ?? 0) + 1;
    await this.#writeStatus(rollout, false);
    throw new Error(`the name ${wanted.metadata.name} is taken by another template; trying another`);
  }

  async #setRevision(rollout: Rollout, revision: string | undefined): Promise<void> {
    const { deployment } = rollout;
    if (revision === undefined || deployment.metadata.annotations?.[revisionAnnotation] === revision) return;
    const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: revision };
    rollout.deployment = await this.#context.api.update<Deployment>(resources.deployments, {
      ...deployment,
      metadata: { ...deployment.metadata, annotations },
    });
  }

  async #scale(rollout: Rollout, steps: readonly Scaling[]): Promise<void> {
    const { deployment } = rollout;
    const max = replicasOf(deployment) + rollingLimits(deployment).maxSurge;
    const sized = new Map(steps.map(({ replicaSet, to }) => [replicaSet.metadata.uid, to]));
    for (const replicaSet of [...rollout.replicaSets]) {
      const from = replicasOf(replicaSet);
      const to = sized.get(replicaSet.metadata.uid) ?? from;
      // What stands still is only noted anew where it counts as scaled, or every turn would find it so again.
      const isNoted = desiredReplicasOf(replicaSet) === replicasOf(deployment) && maxReplicasOf(replicaSet) === max;
      if (to === from && (isNoted || (from === 0 && !sized.has(replicaSet.metadata.uid)))) continue;
      if (replicaSet.spec === undefined) continue;
      const annotations = { ...replicaSet.metadata.annotations, ...replicasAnnotations(replicasOf(deployment), max) };
      await this.#update(rollout, replicaSet, {
        ...replicaSet,
        metadata: { ...replicaSet.metadata, annotations },
        spec: { ...replicaSet.spec, replicas: to },
      });
      if (to !== from)
        this.#tell(deployment, `Scaled ${to > from ? 'up' : 'down'} replica set ${replicaSet.metadata.name} from ${from} to ${to}`);
    }
  }

  async #update(rollout: Rollout, before: ReplicaSet, next: ReplicaSet): Promise<ReplicaSet> {
    const written = await this.#context.api.update<ReplicaSet>(resources.replicaSets, next);
    rollout.replicaSets.splice(rollout.replicaSets.indexOf(before), 1, written);
    return written;
  }

  async #cleanUpIfComplete(rollout: Rollout): Promise<void> {
    const status = deploymentStatus(this.#statusInput(rollout));
    if (isComplete(rollout.deployment, status)) await this.#cleanUp(rollout);
  }

  async #cleanUp(rollout: Rollout): Promise<void> {
    for (const { metadata } of planCleanup(rollout.deployment, oldOf(rollout))) {
      const preconditions = metadata.uid === undefined ? {} : { uid: metadata.uid };
      await this.#context.api.delete(resources.replicaSets, metadata.name, metadata.namespace, { preconditions });
    }
  }

  #notePause(rollout: Rollout): void {
    const { deployment, conditions } = rollout;
    const condition = findCondition(conditions, 'Progressing');
    if (!hasDeadline(deployment) || condition?.reason === 'ProgressDeadlineExceeded') return;
    const isPausedNoted = condition?.reason === progress.paused.reason;
    if (deployment.spec?.paused === true && !isPausedNoted) this.#progress(rollout, progress.paused, 'Unknown');
    else if (deployment.spec?.paused !== true && isPausedNoted) this.#progress(rollout, progress.resumed, 'Unknown');
  }

  #progress(
    rollout: Rollout,
    words: { readonly reason: string; readonly message: string },
    status: 'True' | 'False' | 'Unknown' = 'True',
  ): void {
    rollout.conditions = putCondition(rollout.conditions, { type: 'Progressing', status, ...words }, this.#context.clock.now());
  }

  #statusInput(rollout: Rollout): Parameters<typeof rolloutStatus>[0] {
    const { deployment, replicaSets, conditions, collisionCount } = rollout;
    return { deployment, newReplicaSet: newOf(rollout), all: replicaSets, conditions, collisionCount, nowMs: this.#context.clock.now() };
  }

  async #writeStatus(rollout: Rollout, isRollout: boolean): Promise<void> {
    const input = this.#statusInput(rollout);
    const status = isRollout ? rolloutStatus(input) : deploymentStatus(input);
    if (isDeepStrictEqual(status, rollout.deployment.status)) return;
    rollout.deployment = await this.#context.api.update<Deployment>(subresource(resources.deployments, 'status'), {
      ...rollout.deployment,
      status,
    });
  }

  #tell(deployment: Deployment, message: string): void {
    this.recorder.record({ ...deployment, apiVersion: 'apps/v1', kind: KIND }, 'Normal', 'ScalingReplicaSet', message);
  }
}

/** The ReplicaSet of the Deployment's present template: the oldest, should there be several. */
function newOf({ deployment, replicaSets }: Rollout): ReplicaSet | undefined {
  return byCreation(replicaSets).find(({ spec }) => isSameTemplate(spec?.template, deployment.spec?.template));
}

function oldOf(rollout: Rollout): readonly ReplicaSet[] {
  const newest = newOf(rollout);
  return rollout.replicaSets.filter(({ metadata }) => metadata.uid !== newest?.metadata.uid);
}

/** Whether two templates are one, the label aside that tells ReplicaSets apart. */
function isSameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return isDeepStrictEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (template === undefined) return undefined;
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
