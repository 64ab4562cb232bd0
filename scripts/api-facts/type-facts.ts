import type { TypeFact, TypeFacts } from '../../infra/cluster/meta/type-facts.ts';
import { isRequired, namedTypes, qualifiedType, type FieldFact, type FieldFacts } from './type-names.ts';

/**
 * Types whose Go declaration carries `+structType=atomic`: an applier owns such a struct whole. The marker stands on the type, which
 * `fields.json` does not record.
 */
const atomicStructs = new Set([
  'admissionregistration.k8s.io/v1.MatchResources',
  'admissionregistration.k8s.io/v1.NamedRuleWithOperations',
  'admissionregistration.k8s.io/v1.ParamKind',
  'admissionregistration.k8s.io/v1.ParamRef',
  'admissionregistration.k8s.io/v1.Variable',
  'meta/v1.LabelSelector',
  'meta/v1.OwnerReference',
  'core/v1.ConfigMapKeySelector',
  'core/v1.FileKeySelector',
  'core/v1.LocalObjectReference',
  'core/v1.NodeSelector',
  'core/v1.NodeSelectorTerm',
  'core/v1.ObjectFieldSelector',
  'core/v1.ObjectReference',
  'core/v1.ResourceFieldSelector',
  'core/v1.ScopeSelector',
  'core/v1.ScopedResourceSelectorRequirement',
  'core/v1.SecretKeySelector',
  'core/v1.SecretReference',
  'core/v1.TopologySelectorTerm',
  'core/v1.TypedLocalObjectReference',
  'rbac.authorization.k8s.io/v1.RoleRef',
  'rbac.authorization.k8s.io/v1.Subject',
  'autoscaling/v1.CrossVersionObjectReference',
  'autoscaling/v1.ScaleStatus',
]);

/** String types marked `+enum`: their values are listed in the OpenAPI documents. Others are open sets. */
const enums = new Set(
  `core/v1: MountPropagationMode PersistentVolumeReclaimPolicy PersistentVolumeMode PersistentVolumeAccessMode ClaimResourceStatus
  PersistentVolumePhase PersistentVolumeClaimPhase HostPathType Protocol AzureDataDiskCachingMode AzureDataDiskKind URIScheme PullPolicy
  PreemptionPolicy TerminationMessagePolicy PodPhase RestartPolicy DNSPolicy NodeSelectorOperator TaintEffect TolerationOperator
  UnsatisfiableConstraintAction NodeInclusionPolicy PodFSGroupChangePolicy SupplementalGroupsPolicy SeccompProfileType AppArmorProfileType
  PodQOSClass ServiceAffinity ServiceType ServiceInternalTrafficPolicy ServiceExternalTrafficPolicy IPFamily IPFamilyPolicy NodePhase
  NamespacePhase LimitType ResourceQuotaScope ScopeSelectorOperator ProcMountType Signal
  apps/v1: PodManagementPolicyType StatefulSetUpdateStrategyType DeploymentStrategyType DaemonSetUpdateStrategyType
  batch/v1: CompletionMode PodFailurePolicyAction PodFailurePolicyOnExitCodesOperator ConcurrencyPolicy PodReplacementPolicy
  networking.k8s.io/v1: PathType PolicyType
  certificates.k8s.io/v1: KeyUsage
  discovery.k8s.io/v1: AddressType
  policy/v1: UnhealthyPodEvictionPolicyType
  storage.k8s.io/v1: VolumeBindingMode`
    .split('\n')
    .reduce<{ packageName: string; names: string[] }>(
      (state, line) => {
        const [head, tail] = line.includes(': ') ? (line.trim().split(': ') as [string, string]) : [state.packageName, line.trim()];
        return { packageName: head, names: [...state.names, ...tail.split(/\s+/).map((name) => `${head}.${name}`)] };
      },
      { packageName: '', names: [] },
    ).names,
);

/** Everything the running control plane needs to know of the API's types, with type names spelled out. */
export function typeFacts(facts: FieldFacts): TypeFacts {
  const structs: Record<string, TypeFact> = {};
  const named: Record<string, { type: string; values?: string[] }> = {};
  for (const [name, type] of Object.entries(namedTypes)) named[name] = { type };
  for (const [packageName, { aliases, types }] of Object.entries(facts)) {
    for (const [name, alias] of Object.entries(aliases)) {
      const key = `${packageName}.${name}`;
      named[key] = { type: alias.base, ...(enums.has(key) && alias.values !== undefined && { values: [...alias.values].sort() }) };
    }
    for (const [name, { fields }] of Object.entries(types)) {
      const key = `${packageName}.${name}`;
      const converted = Object.entries(fields).map(([field, fact]) => [field, fieldFact(facts, packageName, fact)] as const);
      structs[key] = { ...(atomicStructs.has(key) && { atomic: true }), fields: Object.fromEntries(converted) };
    }
  }
  return { structs, named };
}

function fieldFact(facts: FieldFacts, packageName: string, fact: FieldFact): TypeFact['fields'][string] {
  const type = qualifiedType(facts, packageName, fact.type);
  return {
    type,
    ...(fact.n !== undefined && { number: fact.n }),
    ...(fact.inline === true && { inline: true }),
    ...(fact.pointer === true && { pointer: true }),
    ...(fact.omitempty === true && { omitEmpty: true }),
    ...(fact.inline !== true && isRequired(fact) && { required: true }),
    ...(fact.patchStrategy !== undefined && { patchStrategy: fact.patchStrategy }),
    ...(fact.patchMergeKey !== undefined && { patchMergeKey: fact.patchMergeKey }),
    ...(fact.listType !== undefined && { listType: fact.listType as 'atomic' | 'set' | 'map' }),
    ...(fact.listMapKeys !== undefined && { listMapKeys: fact.listMapKeys }),
    ...((fact.mapType === 'atomic' || fact.structType === 'atomic') && { atomic: true }),
    ...(fact.structType === 'granular' && { granular: true }),
    ...(fact.default !== undefined && { default: defaultValue(fact.default) }),
  };
}

/** The marker holds JSON, or `ref(Constant)`, of which there are two. */
function defaultValue(marker: string): unknown {
  const constants: Record<string, string> = { 'ref(AzureDataDiskCachingReadWrite)': 'ReadWrite', 'ref(AzureSharedBlobDisk)': 'Shared' };
  return constants[marker] ?? (JSON.parse(marker) as unknown);
}
