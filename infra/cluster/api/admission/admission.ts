import type { Clock } from '../../meta/clock.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { ResourceRegistry } from '../../meta/registry.ts';
import type { Call } from '../call.ts';
import type { Rbac } from '../rbac.ts';
import type { Visibility } from '../visibility.ts';
import { stampRequester } from '../certificate-strategy.ts';
import { checkPolicies } from './admission-policies.ts';
import { checkSignerRights, checkSubject, isCertificateRequest } from './certificates.ts';
import { applyDefaultIngressClass, applyDefaultStorageClass } from './default-classes.ts';
import { applyLimitRanges, checkLimitRanges } from './limit-ranges.ts';
import { checkNamespace, refuseReservedName } from './namespace-lifecycle.ts';
import { checkSecurityLabels, warnOfPods } from './namespace-security.ts';
import { checkPodSecurity, isSecurityUpdate, warnOfTemplate } from './pod-security.ts';
import { applyPodDefaults } from './pod-defaults.ts';
import { checkQuota } from './resource-quota.ts';
import { checkEscalation } from './escalation.ts';

export interface AdmissionParts {
  readonly store: ObjectStore;
  readonly registry: ResourceRegistry;
  readonly clock: Clock;
  readonly rbac: Rbac;
  readonly visibility: Visibility;
}

/** Kubernetes' built-in admission, as far as a trainee meets it. Refusals are thrown as StatusError. */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Before validation: may change the object. */
  mutateCreate(call: Call, object: KubeObject): void {
    checkNamespace(this.#parts.store, call, object.metadata.name);
    refuseReservedName(this.#parts.visibility, call, object.metadata.name);
    if (isCertificateRequest(call)) stampRequester(object, call.user);
    if (isPod(call)) {
      applyPodDefaults(this.#parts.store, call, object);
      applyLimitRanges(this.#parts.store, object);
    }
    if (call.info.group === '' && call.info.kind === 'PersistentVolumeClaim') applyDefaultStorageClass(this.#parts.store, object);
    if (call.info.group === 'networking.k8s.io' && call.info.kind === 'Ingress') applyDefaultIngressClass(this.#parts.store, object);
  }

  /** After validation: refuses only. */
  validateCreate(call: Call, object: KubeObject): void {
    checkEscalation(this.#parts, call, object);
    if (isCertificateRequest(call)) checkSubject(this.#parts.visibility, call, object);
    if (isPod(call)) {
      checkPodSecurity(this.#parts.store, call, object);
      checkLimitRanges(this.#parts.store, object);
    }
    if (isNamespace(call)) checkSecurityLabels(call, object);
    warnOfTemplate(this.#parts.store, call, object);
    checkPolicies(this.#parts, { call, operation: 'CREATE', name: object.metadata.name, object, previous: undefined });
    checkQuota(this.#parts.store, call, object);
  }

  validateUpdate(call: Call, next: KubeObject, previous: KubeObject): void {
    checkEscalation(this.#parts, call, next, previous);
    if (next.kind === 'Pod' && call.info.group === '' && isSecurityUpdate(next, previous)) checkPodSecurity(this.#parts.store, call, next);
    if (isNamespace(call)) {
      checkSecurityLabels(call, next, previous);
      warnOfPods(this.#parts.store, call, next, previous);
    }
    warnOfTemplate(this.#parts.store, call, next);
    checkPolicies(this.#parts, { call, operation: 'UPDATE', name: next.metadata.name, object: next, previous });
    checkQuota(this.#parts.store, call, next, previous);
  }

  /** Of a write to `status`, or to another subresource that is a part of it. */
  validateStatus(call: Call, next: KubeObject, previous: KubeObject): void {
    if (isCertificateRequest(call)) checkSignerRights(this.#parts.rbac, call, next, previous);
    checkPolicies(this.#parts, { call, operation: 'UPDATE', name: next.metadata.name, object: next, previous });
  }

  validateDelete(call: Call, object: KubeObject): void {
    checkPolicies(this.#parts, { call, operation: 'DELETE', name: object.metadata.name, object: undefined, previous: object });
  }
}

function isNamespace({ info, subresource }: Call): boolean {
  return info.group === '' && info.kind === 'Namespace' && subresource === undefined;
}

function isPod({ info, subresource }: Call): boolean {
  return info.group === '' && info.kind === 'Pod' && subresource === undefined;
}
