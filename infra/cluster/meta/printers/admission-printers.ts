import type {
  APIService,
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  ParamKind,
  RuntimeClass,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts';
import { age, selectorText, unset, type Cell } from './row.ts';

function paramKindText(kind: ParamKind | undefined): string {
  return kind === undefined ? unset : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}

export function printValidatingPolicy(object: ValidatingAdmissionPolicy, nowMs: number): readonly Cell[] {
  const { spec } = object;
  return [object.metadata.name, (spec?.validations ?? []).length, paramKindText(spec?.paramKind), age(object, nowMs)];
}

export function printMutatingPolicy(object: MutatingAdmissionPolicy, nowMs: number): readonly Cell[] {
  const { spec } = object;
  return [object.metadata.name, (spec?.mutations ?? []).length, paramKindText(spec?.paramKind), age(object, nowMs)];
}

/** Bindings of both kinds of policy. */
export function printPolicyBinding(object: ValidatingAdmissionPolicyBinding, nowMs: number): readonly Cell[] {
  const { policyName = '', paramRef } = object.spec ?? {};
  return [object.metadata.name, policyName, paramRefText(paramRef), age(object, nowMs)];
}

function paramRefText(ref: NonNullable<ValidatingAdmissionPolicyBinding['spec']>['paramRef']): string {
  if (ref === undefined) return unset;
  const { name = '', namespace = '', selector } = ref;
  if (name !== '') return namespace === '' ? name : `${namespace}/${name}`;
  return selector === undefined ? unset : selectorText(selector);
}

export function printWebhooks(object: ValidatingWebhookConfiguration | MutatingWebhookConfiguration, nowMs: number): readonly Cell[] {
  return [object.metadata.name, (object.webhooks ?? []).length, age(object, nowMs)];
}

export function printRuntimeClass(object: RuntimeClass, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.handler, age(object, nowMs)];
}

export function printApiService(object: APIService, nowMs: number): readonly Cell[] {
  const { service } = object.spec ?? {};
  const available = object.status?.conditions?.find(({ type }) => type === 'Available');
  const state = available === undefined || available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`;
  return [
    object.metadata.name,
    service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`,
    available === undefined ? 'Unknown' : state,
    age(object, nowMs),
  ];
}
