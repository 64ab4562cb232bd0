import { celSyntaxFault } from '../cel.ts';
import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type {
  APIService,
  MatchResources,
  MutatingWebhookConfiguration,
  ParamKind,
  RuntimeClass,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts';
import { isDns1123Label } from '../names.ts';
import { checkDnsSubdomain, checkImmutable, checkNames, checkOptionalOneOf, checkRequired, isEmpty, type Report } from './report.ts';

const failurePolicies = ['Fail', 'Ignore'];
const matchPolicies = ['Equivalent', 'Exact'];
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

export function checkWebhooks(report: Report, { webhooks = [] }: ValidatingWebhookConfiguration | MutatingWebhookConfiguration): void {
  for (const [index, webhook] of webhooks.entries()) checkWebhook(report, webhook, `webhooks[${index}]`);
}

function checkWebhook(report: Report, webhook: Omit<ValidatingWebhook, 'matchConditions'>, path: string): void {
  const { name, rules = [], failurePolicy, matchPolicy, sideEffects, timeoutSeconds, admissionReviewVersions, clientConfig } = webhook;
  if (checkRequired(report, name, `${path}.name`) && name.split('.').length < 3)
    report(invalid(`${path}.name`, name, 'should be a domain with at least three segments separated by dots'));
  if (admissionReviewVersions.length === 0) {
    report(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
  } else if (!admissionReviewVersions.some((version) => version === 'v1' || version === 'v1beta1')) {
    report(invalid(`${path}.admissionReviewVersions`, admissionReviewVersions, 'must include at least one of v1, v1beta1'));
  }
  for (const [index, rule] of rules.entries()) checkRule(report, rule, `${path}.rules[${index}]`);
  checkOptionalOneOf(report, failurePolicy, `${path}.failurePolicy`, failurePolicies);
  checkOptionalOneOf(report, matchPolicy, `${path}.matchPolicy`, matchPolicies);
  const effects = ['None', 'NoneOnDryRun'];
  if (isEmpty(sideEffects)) report(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else if (!effects.includes(sideEffects)) report(notSupported(`${path}.sideEffects`, sideEffects, effects));
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30))
    report(invalid(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'));
  const { url, service } = clientConfig;
  if ((url === undefined) === (service === undefined))
    report(required(`${path}.clientConfig`, 'exactly one of url or service is required'));
  if (service !== undefined) {
    checkRequired(report, service.name, `${path}.clientConfig.service.name`, 'service name is required');
    checkRequired(report, service.namespace, `${path}.clientConfig.service.namespace`, 'service namespace is required');
  }
}

type Rule = NonNullable<MatchResources['resourceRules']>[number];

function checkRule(report: Report, rule: Rule, path: string): void {
  if ((rule.operations ?? []).length === 0) report(required(`${path}.operations`));
  for (const [index, operation] of (rule.operations ?? []).entries()) {
    if (!operations.includes(operation)) report(notSupported(`${path}.operations[${index}]`, operation, operations));
  }
  if ((rule.apiGroups ?? []).length === 0) report(required(`${path}.apiGroups`));
  if ((rule.apiVersions ?? []).length === 0) report(required(`${path}.apiVersions`));
  if ((rule.resources ?? []).length === 0) report(required(`${path}.resources`));
  checkOptionalOneOf(report, rule.scope, `${path}.scope`, ['*', 'Cluster', 'Namespaced']);
}

export function checkValidatingPolicy(report: Report, { spec }: ValidatingAdmissionPolicy): void {
  const { validations = [], auditAnnotations = [], matchConditions = [], variables = [] } = spec ?? {};
  checkParamKind(report, spec?.paramKind);
  checkOptionalOneOf(report, spec?.failurePolicy, 'spec.failurePolicy', failurePolicies);
  if (spec?.matchConstraints === undefined) report(required('spec.matchConstraints'));
  else checkMatch(report, spec.matchConstraints, 'spec.matchConstraints', true);
  for (const [index, { name, expression }] of matchConditions.entries()) {
    checkRequired(report, name, `spec.matchConditions[${index}].name`);
    checkExpression(report, expression, `spec.matchConditions[${index}].expression`);
  }
  for (const [index, { name, expression }] of variables.entries()) {
    const path = `spec.variables[${index}]`;
    if (checkRequired(report, name, `${path}.name`, 'name is not specified') && !/^[A-Za-z_]\w*$/.test(name))
      report(invalid(`${path}.name`, name, 'name is not a valid CEL identifier'));
    checkExpression(report, expression, `${path}.expression`);
  }
  if (validations.length === 0 && auditAnnotations.length === 0) {
    report(required('spec.validations', 'validations or auditAnnotations must contain at least one item'));
    report(required('spec.auditAnnotations', 'validations or auditAnnotations must contain at least one item'));
  }
  for (const [index, validation] of validations.entries()) {
    const path = `spec.validations[${index}]`;
    checkExpression(report, validation.expression, `${path}.expression`);
    if (!isEmpty(validation.messageExpression)) checkExpression(report, validation.messageExpression, `${path}.messageExpression`);
    checkOptionalOneOf(report, validation.reason, `${path}.reason`, ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized']);
  }
}

function checkParamKind(report: Report, kind: ParamKind | undefined): void {
  if (kind === undefined) return;
  checkRequired(report, kind.apiVersion, 'spec.paramKind.apiVersion');
  checkRequired(report, kind.kind, 'spec.paramKind.kind');
}

function checkMatch(report: Report, match: MatchResources, path: string, mustHaveRules: boolean): void {
  if (mustHaveRules && (match.resourceRules ?? []).length === 0) report(required(`${path}.resourceRules`));
  checkOptionalOneOf(report, match.matchPolicy, `${path}.matchPolicy`, matchPolicies);
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    for (const [index, rule] of (match[field] ?? []).entries()) checkRule(report, rule, `${path}.${field}[${index}]`);
  }
}

function checkExpression(report: Report, expression: string, path: string): void {
  if (expression.trim() === '') report(required(path, 'expression is not specified'));
  else {
    const fault = celSyntaxFault(expression);
    if (fault !== undefined) report(invalid(path, expression, `compilation failed: ${fault}`));
  }
}

export function checkPolicyBinding(report: Report, { spec }: ValidatingAdmissionPolicyBinding): void {
  const { policyName, validationActions = [], paramRef, matchResources } = spec ?? {};
  if (checkRequired(report, policyName, 'spec.policyName')) checkDnsSubdomain(report, policyName, 'spec.policyName');
  if (paramRef !== undefined) {
    const { name, selector, parameterNotFoundAction: action } = paramRef;
    if (isEmpty(name) && selector === undefined) report(required('spec.paramRef', 'one of name or selector must be specified'));
    if (!isEmpty(name) && selector !== undefined) report(forbidden('spec.paramRef.name', 'name and selector are mutually exclusive'));
    if (isEmpty(action)) report(required('spec.paramRef.parameterNotFoundAction'));
    else if (action !== 'Allow' && action !== 'Deny')
      report(notSupported('spec.paramRef.parameterNotFoundAction', action, ['Deny', 'Allow']));
  }
  if (matchResources !== undefined) checkMatch(report, matchResources, 'spec.matchResources', false);
  checkActions(report, validationActions);
}

function checkActions(report: Report, actions: readonly string[]): void {
  const path = 'spec.validationActions';
  const supported = ['Audit', 'Deny', 'Warn'];
  if (actions.length === 0) report(required(path, 'at least one validation action is required'));
  for (const [index, action] of actions.entries()) {
    if (!supported.includes(action)) report(notSupported(`${path}[${index}]`, action, supported));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    report(
      invalid(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  }
}

export function checkRuntimeClass(report: Report, { handler }: RuntimeClass): void {
  if (checkRequired(report, handler, 'handler')) checkNames(report, handler, 'handler', isDns1123Label);
}

export function checkRuntimeClassUpdate(report: Report, next: RuntimeClass, previous: RuntimeClass): void {
  checkRuntimeClass(report, next);
  checkImmutable(report, next.handler, previous.handler, 'handler');
}

export function checkApiService(report: Report, { metadata, spec }: APIService): void {
  const { group = '', version = '', service, groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
  const wanted = `${version}.${group}`;
  if (metadata.name !== wanted)
    report(invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000)
    report(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'));
  if (versionPriority <= 0 || versionPriority > 1000)
    report(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  if (service === undefined) return;
  checkRequired(report, service.namespace, 'spec.service.namespace');
  checkRequired(report, service.name, 'spec.service.name');
}
