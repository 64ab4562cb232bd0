import type {
  APIService,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  RuleWithOperations,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts';

export function defaultValidatingWebhooks({ webhooks = [] }: ValidatingWebhookConfiguration): void {
  for (const webhook of webhooks) defaultWebhook(webhook);
}

export function defaultMutatingWebhooks({ webhooks = [] }: MutatingWebhookConfiguration): void {
  for (const webhook of webhooks) {
    defaultWebhook(webhook);
    webhook.reinvocationPolicy ??= 'Never';
  }
}

/** What webhooks of both kinds have in common. */
function defaultWebhook(webhook: Omit<ValidatingWebhook, 'matchConditions'>): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (webhook.clientConfig.service !== undefined) webhook.clientConfig.service.port ??= 443;
  defaultRules(webhook.rules);
}

function defaultRules(rules: readonly RuleWithOperations[] = []): void {
  for (const rule of rules) rule.scope ??= '*';
}

function defaultMatch(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export function defaultValidatingPolicy({ spec }: ValidatingAdmissionPolicy): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatch(spec.matchConstraints);
}

export function defaultMutatingPolicy({ spec }: MutatingAdmissionPolicy): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatch(spec.matchConstraints);
}

/** Bindings of both kinds of policy. */
export function defaultPolicyBinding({ spec }: ValidatingAdmissionPolicyBinding): void {
  defaultMatch(spec?.matchResources);
}

export function defaultApiService({ spec }: APIService): void {
  if (spec?.service !== undefined) spec.service.port ??= 443;
}
