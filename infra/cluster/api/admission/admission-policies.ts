import { celBudgetMs, CelDialect, celValue, type CelOutcome } from '../../meta/cel.ts';
import type {
  MatchCondition,
  ParamKind,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import type { ResourceRegistry } from '../../meta/registry.ts';
import { runBounded } from '../../meta/run-bounded.ts';
import { labelSelectorMatches } from '../../meta/selectors.ts';
import { policyDenial } from '../../meta/status-error.ts';
import { storeKey, type ObjectStore } from '../../store/object-store.ts';
import { storageOf } from '../call.ts';
import { anonymous, isOperator, type User } from '../user.ts';
import type { Visibility } from '../visibility.ts';
import { isMatch, namespaceNamed, type Attempt } from './match-rules.ts';

const group = 'admissionregistration.k8s.io';
const policiesKey = `${group}/validatingadmissionpolicies`;
const bindingsKey = `${group}/validatingadmissionpolicybindings`;
/** The one part of the control plane that works for the cluster's users, by making pods of their templates: it is bound as they are. */
const boundPlatform = 'system:kube-controller-manager';

const dialect = new CelDialect(['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables']);

interface PolicyParts {
  readonly store: ObjectStore;
  readonly registry: ResourceRegistry;
  readonly visibility: Visibility;
}

type Context = Readonly<Record<string, unknown>>;

interface Refusal {
  readonly message: string;
  readonly reason: string;
}

/**
 * ValidatingAdmissionPolicies, as Kubernetes 1.36 holds them and words their refusals. Expressions that use the authorizer or Kubernetes' URL and
 * address functions are passed over. Policies never hold for policies themselves, for the platform or in its namespaces, so that nobody can lock
 * the platform out.
 *
 * @throws StatusError with the failed validation's reason.
 */
export function checkPolicies(parts: PolicyParts, attempt: Attempt): void {
  const { store, visibility } = parts;
  const { user, info, namespace } = attempt.call;
  if (store.count(bindingsKey) === 0 || info.group === group) return;
  if (!isBound(user) || visibility.isHiddenNamespace(anonymous, namespace)) return;
  const done = runBounded(() => {
    for (const binding of store.list(bindingsKey) as readonly ValidatingAdmissionPolicyBinding[]) checkBinding(parts, attempt, binding);
  }, celBudgetMs);
  if (!done) throw policyDenial(info, attempt.name, 'Invalid', 'the admission policies took too long and were stopped');
}

function isBound(user: User): boolean {
  return !isOperator(user) || user.username === boundPlatform;
}

function checkBinding(parts: PolicyParts, attempt: Attempt, binding: ValidatingAdmissionPolicyBinding): void {
  const { store } = parts;
  const { policyName = '', matchResources, validationActions = [] } = binding.spec ?? {};
  const policy = store.get(policiesKey, storeKey(undefined, policyName)) as ValidatingAdmissionPolicy | undefined;
  if (policy?.spec === undefined || !isMatch(store, policy.spec.matchConstraints, attempt)) return;
  if (!isMatch(store, matchResources, attempt)) return;
  const title = `ValidatingAdmissionPolicy '${policyName}' with binding '${binding.metadata.name}'`;
  for (const refusal of refusalsOf(parts, attempt, policy, binding)) {
    if (validationActions.includes('Warn')) attempt.call.warn(`Validation failed for ${title}: ${refusal.message}`);
    if (!validationActions.includes('Deny')) continue;
    throw policyDenial(attempt.call.info, attempt.name, refusal.reason, `${title} denied request: ${refusal.message}`);
  }
}

function refusalsOf(
  parts: PolicyParts,
  attempt: Attempt,
  { spec }: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
): readonly Refusal[] {
  const { paramKind, validations = [], variables = [], matchConditions = [], failurePolicy } = spec ?? {};
  const found = paramsOf(parts, attempt, paramKind, binding);
  if (found.kind === 'missing') return binding.spec?.paramRef?.parameterNotFoundAction === 'Deny' ? [notFoundRefusal] : [];
  return found.params.flatMap((params) => {
    const context = contextOf(parts, attempt, params, variables);
    const conditions = matchConditions.map((condition) => conditionOf(condition, context));
    if (conditions.includes('no')) return [];
    const judged = validations.flatMap((validation) => judge(validation, context));
    const failed = conditions.find((condition) => typeof condition === 'object');
    const refusals = failed === undefined ? judged : [{ isError: true, reason: 'Invalid', message: failed.message }];
    return failurePolicy === 'Ignore' ? refusals.filter(({ isError }) => !isError) : refusals;
  });
}

const notFoundRefusal: Refusal = {
  reason: 'Invalid',
  message: 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
};

function conditionOf({ expression }: MatchCondition, context: Context): 'yes' | 'no' | { readonly message: string } {
  const outcome = dialect.evaluate(expression, context);
  if (outcome.kind === 'failed') return { message: errorMessage(expression, outcome.reason) };
  return outcome.kind === 'value' && outcome.value === false ? 'no' : 'yes';
}

function judge(
  { expression, message, messageExpression, reason = 'Invalid' }: Validation,
  context: Context,
): (Refusal & { isError: boolean })[] {
  const outcome = dialect.evaluate(expression, context);
  if (outcome.kind === 'unsupported' || (outcome.kind === 'value' && outcome.value === true)) return [];
  if (outcome.kind === 'failed') return [{ isError: true, reason: 'Invalid', message: errorMessage(expression, outcome.reason) }];
  const said = messageExpression === undefined ? undefined : textOf(dialect.evaluate(messageExpression, context));
  const fallback = message === undefined || message === '' ? `failed expression: ${expression.trim()}` : message.trim();
  return [{ isError: false, reason, message: said ?? fallback }];
}

function errorMessage(expression: string, reason: string): string {
  return `expression '${expression}' resulted in error: ${reason}`;
}

/** A message expression's text, where it gives one that fits on a line. */
function textOf(outcome: CelOutcome): string | undefined {
  if (outcome.kind !== 'value' || typeof outcome.value !== 'string') return undefined;
  const text = outcome.value.trim();
  return text === '' || text.includes('\n') ? undefined : text;
}

type Params = { readonly kind: 'found'; readonly params: readonly (KubeObject | null)[] } | { readonly kind: 'missing' };

/** What a binding parametrises its policy with: each object in turn. In the object's own namespace where it names no other. */
function paramsOf(
  { store, registry }: PolicyParts,
  { call }: Attempt,
  paramKind: ParamKind | undefined,
  { spec }: ValidatingAdmissionPolicyBinding,
): Params {
  if (paramKind === undefined) return { kind: 'found', params: [null] };
  const info = registry.findByApiVersion(paramKind.apiVersion ?? '', paramKind.kind ?? '');
  const ref = spec?.paramRef;
  if (ref === undefined) return { kind: 'found', params: [null] };
  if (info === undefined) return { kind: 'missing' };
  const namespace = info.namespaced ? (ref.namespace ?? call.namespace) : undefined;
  const candidates = store.list(storageOf(info), namespace);
  const params = candidates.filter(({ metadata }) =>
    ref.selector === undefined ? metadata.name === ref.name : labelSelectorMatches(ref.selector, metadata.labels),
  );
  return params.length === 0 ? { kind: 'missing' } : { kind: 'found', params };
}

function contextOf(parts: PolicyParts, attempt: Attempt, params: KubeObject | null, variables: readonly Variable[]): Context {
  const { call, object, previous } = attempt;
  const namespace = call.namespace === undefined ? undefined : namespaceNamed(parts.store, call.namespace);
  const values = {};
  const context = {
    object: celObject(object),
    oldObject: celObject(previous),
    request: requestOf(attempt),
    params: params === null ? null : celObject(params),
    namespaceObject: celObject(namespace),
    variables: values,
  };
  for (const { name, expression } of variables) defineVariable(values, name, () => dialect.evaluate(expression, context));
  return context;
}

/** Evaluated on first use, as those that come later may use those before, and what is never used must not fail. */
function defineVariable(values: object, name: string, evaluate: () => CelOutcome): void {
  let outcome: CelOutcome | undefined;
  const get = (): unknown => {
    outcome ??= evaluate();
    if (outcome.kind === 'value') return outcome.value;
    const reason = outcome.kind === 'failed' ? outcome.reason : `composited variable ${JSON.stringify(name)} cannot be evaluated`;
    throw Object.assign(new Error(reason), { code: outcome.kind === 'failed' ? 'variable_failed' : 'no_matching_overload' });
  };
  Object.defineProperty(values, name, { get, enumerable: true });
}

function requestOf({ call, operation, name }: Attempt): unknown {
  const { info, namespace, user, subresource, dryRun } = call;
  const { username, uid, groups, extra } = user;
  const { group: apiGroup, version, kind, resource } = info;
  return celValue({
    kind: { group: apiGroup, version, kind },
    resource: { group: apiGroup, version, resource },
    subResource: subresource ?? '',
    name,
    namespace: namespace ?? '',
    operation,
    userInfo: { username, uid: uid ?? '', groups, extra: extra ?? {} },
    dryRun,
  });
}

/** Without the books on fields, which Kubernetes does show but nobody asks for, and which are most of the work. */
function celObject(object: KubeObject | undefined): unknown {
  if (object === undefined) return null;
  const { managedFields: _books, ...metadata } = object.metadata;
  return celValue({ ...object, metadata });
}
