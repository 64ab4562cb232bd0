import { withCondition } from '../meta/condition.ts';
import { decodeObject } from '../meta/decode.ts';
import type {
  Binding,
  DeleteOptions,
  Deployment,
  Eviction,
  Namespace,
  Pod,
  PodDisruptionBudget,
  Scale,
  ServiceAccount,
  TokenRequest,
} from '../meta/generated/types.ts';
import { evaluateJsonPath } from '../meta/json-path.ts';
import { notSupported, required } from '../meta/field-error.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import type { ResourceInfo } from '../meta/registry.ts';
import { badRequest, conflict, invalid, methodNotSupported, tooManyRequests } from '../meta/status-error.ts';
import { formatSelector, labelSelectorMatches, selectorOf, selectorOfLabels } from '../meta/selectors.ts';
import { timeText } from '../meta/times.ts';
import { collect } from '../meta/validation/report.ts';
import { checkTokenRequest } from '../meta/validation/reviews.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { requireBound } from './bound-token.ts';
import type { Call } from './call.ts';
import { dryAsAsked } from './deletion.ts';
import type { ResourceApi } from './resource-api.ts';
import { tokenIssuer, type ServiceAccountTokens } from './service-account-tokens.ts';

/** Tokens live at most a day here, at least ten minutes as in Kubernetes. */
const USUAL_TOKEN_SECONDS = 3600;
const tokenKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

export interface SubresourceParts {
  readonly store: ObjectStore;
  readonly api: ResourceApi;
  readonly tokens: ServiceAccountTokens;
}

type Replicated = KubeObject & { spec?: { replicas?: number; selector?: unknown }; status?: { replicas?: number } };

/** Subresources that speak another kind than their object's: scale, binding, eviction, token, finalize. */
export class Subresources {
  readonly #parts: SubresourceParts;

  constructor(parts: SubresourceParts) {
    this.#parts = parts;
  }

  /** POST. The body is in canonical form. */
  async create(call: Call, name: string, body: KubeObject): Promise<KubeObject> {
    switch (call.subresource) {
      case 'binding':
        return this.#bind(call, name, body as Binding);
      case 'eviction':
        return this.#evict(call, name, body);
      case 'token':
        return this.#issueToken(call, name, body);
      default:
        throw methodNotSupported(call.info, 'create');
    }
  }

  getScale(call: Call, name: string): Scale {
    return scaleIn(this.#parts.api.get({ ...call, subresource: 'scale' }, name), call.info);
  }

  updateScale(call: Call, name: string, scale: Scale): Scale {
    const replicas = scale.spec?.replicas ?? 0;
    if (!Number.isInteger(replicas) || replicas < 0)
      throw badRequest(`spec.replicas: Invalid value: ${replicas}: must be greater than or equal to 0`);
    const current = this.#parts.api.get(call, name);
    const version = scale.metadata.resourceVersion;
    if (version !== undefined && version !== '' && version !== current.metadata.resourceVersion) throw conflict(call.info, name);
    const updated = this.#parts.api.rewrite(call, name, (object) => withReplicas(object, replicas, call.info));
    return scaleIn(updated, call.info);
  }

  /** Takes the namespace's own finalizers off, after which it can go. */
  finalizeNamespace(call: Call, name: string, given: Namespace): KubeObject {
    return this.#parts.api.rewrite(
      call,
      name,
      (object) =>
        ({ ...object, spec: { ...(given.spec?.finalizers === undefined ? {} : { finalizers: given.spec.finalizers }) } }) as KubeObject,
    );
  }

  #bind(call: Call, name: string, binding: Binding): KubeObject {
    const { api } = this.#parts;
    const node = requireTarget(name, binding);
    api.rewrite(call, name, (object) => {
      const pod = object as Pod;
      if (pod.metadata.deletionTimestamp !== undefined)
        throw conflict(call.info, name, `pod ${name} is being deleted, cannot be assigned to a host`);
      if (pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '')
        throw conflict(call.info, name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
      const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
      const scheduled = {
        type: 'PodScheduled',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: timeText(Date.now()),
        observedGeneration: pod.metadata.generation,
      };
      // Where the pod is bound it no longer matters where it was meant to go.
      const { nominatedNodeName: _nominated, ...status } = pod.status ?? {};
      return {
        ...pod,
        spec: { ...pod.spec, nodeName: node },
        status: { ...status, conditions: [...others, scheduled] },
      } as unknown as KubeObject;
    });
    return success();
  }

  #evict(given: Call, name: string, eviction: Eviction): KubeObject {
    const { api, store } = this.#parts;
    const call = dryAsAsked(given, eviction.deleteOptions ?? {});
    const podCall: Call = withoutSubresource(call);
    const pod = api.get(podCall, name) as Pod;
    const options: DeleteOptions = eviction.deleteOptions ?? {};
    if (!isPodTerminal(pod) && pod.status?.phase !== 'Pending' && pod.metadata.deletionTimestamp === undefined) {
      const budgets = (store.list('policy/poddisruptionbudgets', call.namespace) as readonly PodDisruptionBudget[]).filter((budget) =>
        labelSelectorMatches(budget.spec?.selector, pod.metadata.labels),
      );
      this.#spendBudget(call, pod, budgets);
    }
    if (pod.metadata.deletionTimestamp === undefined) {
      api.rewrite({ ...podCall, subresource: 'status' }, name, (object) => withDisruption(object));
    }
    api.delete(podCall, name, { ...options, preconditions: { uid: pod.metadata.uid ?? '', ...options.preconditions } });
    return success();
  }

  #spendBudget(call: Call, pod: Pod, budgets: readonly PodDisruptionBudget[]): void {
    if (budgets.length > 1)
      throw badRequest('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
    const [budget] = budgets;
    if (budget === undefined || (!isPodReady(pod) && spareUnready(budget))) return;
    const allowed = budget.status?.disruptionsAllowed ?? 0;
    const stale = (budget.status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0);
    if (allowed < 1 || stale) {
      const { name } = budget.metadata;
      const { desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {};
      const message = stale
        ? `The disruption budget ${name} is still being processed by the server.`
        : `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
      throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", stale ? 10 : 0, [
        { reason: 'DisruptionBudget', message },
      ]);
    }
    const info = {
      ...call.info,
      group: 'policy',
      version: 'v1',
      resource: 'poddisruptionbudgets',
      kind: 'PodDisruptionBudget',
      typeName: 'policy/v1.PodDisruptionBudget',
    };
    this.#parts.api.rewrite({ ...call, info, subresource: 'status' }, budget.metadata.name, (object) => {
      const { status } = object as PodDisruptionBudget;
      return { ...object, status: { ...status, disruptionsAllowed: allowed - 1 } } as KubeObject;
    });
  }

  async #issueToken(call: Call, name: string, request: TokenRequest): Promise<KubeObject> {
    const { api, store, tokens } = this.#parts;
    const account = api.get(withoutSubresource(call), name) as ServiceAccount;
    const expirationSeconds = request.spec?.expirationSeconds ?? USUAL_TOKEN_SECONDS;
    const faults = collect((report) => checkTokenRequest(report, request));
    if (faults.length > 0) throw invalid(tokenKind, '', faults);
    const bound = request.spec?.boundObjectRef;
    const holder = bound === undefined ? undefined : requireBound(store, account, bound);
    const audiences = request.spec?.audiences ?? [];
    const issued = await tokens.issue({
      account,
      expirationSeconds,
      audiences,
      ...(holder === undefined ? {} : { bound: holder }),
    });
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace: call.namespace, creationTimestamp: timeText(Date.now()) },
      spec: { audiences: audiences.length === 0 ? [tokenIssuer] : audiences, expirationSeconds, boundObjectRef: bound ?? null },
      status: { token: issued.token, expirationTimestamp: timeText(issued.expiresAtMs) },
    } as unknown as KubeObject;
  }
}

/** Whether a pod that serves nobody may go without being counted: always where the budget says so, else while the others suffice. */
function spareUnready({ spec, status }: PodDisruptionBudget): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0);
}

/** Tells the pod's owner that it did not fail by itself. */
function withDisruption(pod: Pod): KubeObject {
  const { generation } = pod.metadata;
  const condition = {
    type: 'DisruptionTarget',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: 'True',
    lastProbeTime: null as unknown as string,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const conditions = withCondition(pod.status?.conditions, condition, timeText(Date.now()));
  const disrupted: Pod = { ...pod, status: { ...pod.status, conditions } };
  return disrupted;
}

/** A custom resource says itself where its numbers are. */
function scaleIn(object: KubeObject, { scale }: ResourceInfo): Scale {
  if (scale === undefined) return scaleOf(object);
  const number = (path: string): number => Number(evaluateJsonPath(object, path)[0] ?? 0);
  const [selector] = scale.labelSelector === undefined ? [] : evaluateJsonPath(object, scale.labelSelector);
  return scaleWith(object, {
    spec: { replicas: number(scale.specReplicas) },
    status: { replicas: number(scale.statusReplicas), ...(typeof selector === 'string' ? { selector } : {}) },
  });
}

function withReplicas(object: KubeObject, replicas: number, { scale }: ResourceInfo): KubeObject {
  if (scale === undefined) return { ...object, spec: { ...(object as Replicated).spec, replicas } } as KubeObject;
  return setAt(object, scale.specReplicas.replace(/^\./, '').split('.'), replicas) as KubeObject;
}

/** A copy with the value at the path, whose parents are made where they are missing. */
function setAt(target: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const fields = (typeof target === 'object' && target !== null ? target : {}) as Readonly<Record<string, unknown>>;
  return { ...fields, [name]: setAt(fields[name], rest, value) };
}

function scaleOf(object: Replicated): Scale {
  const selector =
    object.kind === 'ReplicationController'
      ? selectorOfLabels(object.spec?.selector as Record<string, string>)
      : (selectorOf((object as Deployment).spec?.selector) ?? []);
  return scaleWith(object, {
    spec: { replicas: object.spec?.replicas ?? 0 },
    status: { replicas: object.status?.replicas ?? 0, selector: formatSelector(selector) },
  });
}

function scaleWith({ metadata }: KubeObject, numbers: Pick<Scale, 'spec' | 'status'>): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    ...numbers,
  };
}

/** The node's name, or the refusal of a binding that is for no node or for another pod. */
function requireTarget(podName: string, { metadata, target }: Partial<Binding>): string {
  const said = (metadata as Partial<Binding['metadata']> | undefined)?.name ?? '';
  if (podName === '') throw badRequest('name must be provided');
  if (said !== '' && said !== podName) throw badRequest('name in URL does not match name in Binding object');
  const { kind = '', name = '' } = target ?? {};
  const faults = [
    ...(kind === '' || kind === 'Node' ? [] : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(name === '' ? [required('target.name')] : []),
  ];
  if (faults.length > 0) throw invalid({ group: '', kind: 'Binding' }, podName, faults);
  return name;
}

export function withoutSubresource(call: Call): Call {
  const { subresource: _subresource, ...rest } = call;
  return rest;
}

function success(): KubeObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as unknown as KubeObject;
}

/** Reads the body of a POST to a subresource. */
export function decodeSubresource(call: Call, bytes: Buffer, contentType: string): KubeObject {
  return decodeObject(
    bytes,
    contentType,
    { info: call.info, ...(call.subresource === undefined ? {} : { subresource: call.subresource }) },
    call.fieldValidation,
  ).object;
}
