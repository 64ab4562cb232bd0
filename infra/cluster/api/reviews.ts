import type {
  PolicyRule,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  TokenReview,
} from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { badRequest } from '../meta/status-error.ts';
import { timeText } from '../meta/times.ts';
import type { Call } from './call.ts';
import type { AccessAttributes, Rbac } from './rbac.ts';
import { tokenIssuer, type ServiceAccountTokens } from './service-account-tokens.ts';
import { serviceAccountUser, type User } from './user.ts';
import type { Visibility } from './visibility.ts';

export interface ReviewParts {
  readonly rbac: Rbac;
  readonly tokens: ServiceAccountTokens;
  readonly visibility: Visibility;
}

type Review = (call: Call, body: KubeObject) => KubeObject | Promise<KubeObject>;

/** Kinds that are answered, not kept: who am I, may I, may they, what may I. */
export class Reviews {
  readonly #parts: ReviewParts;
  readonly #byKind: Readonly<Record<string, Review>>;

  constructor(parts: ReviewParts) {
    this.#parts = parts;
    this.#byKind = {
      SelfSubjectReview: (call, body) => whoAmI(call.user, body),
      SelfSubjectAccessReview: (call, body) => this.#access(call.user, body as SubjectAccessReview),
      SubjectAccessReview: (call, body) => this.#access(subjectOf((body as SubjectAccessReview).spec), body as SubjectAccessReview),
      LocalSubjectAccessReview: (call, body) => this.#local(call, body as SubjectAccessReview),
      SelfSubjectRulesReview: (call, body) => this.#rules(call.user, body as SelfSubjectRulesReview),
      TokenReview: (_call, body) => this.#token(body as TokenReview),
    };
  }

  has(kind: string): boolean {
    return this.#byKind[kind] !== undefined;
  }

  async answer(call: Call, body: KubeObject): Promise<KubeObject> {
    const review = this.#byKind[call.info.kind];
    if (review === undefined) throw badRequest(`${call.info.kind} is no review`);
    return review(call, body);
  }

  #access(user: User, body: SubjectAccessReview): KubeObject {
    const { resourceAttributes, nonResourceAttributes } = body.spec;
    if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined))
      throw badRequest('exactly one of resourceAttributes and nonResourceAttributes must be given');
    const attributes: AccessAttributes =
      resourceAttributes === undefined
        ? { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
        : withoutEmpty({ verb: '', ...resourceAttributes });
    const isHidden = this.#parts.visibility.isHiddenNamespace(user, attributes.namespace);
    const allowed = !isHidden && this.#parts.rbac.allows(user, attributes);
    return { ...body, status: { allowed, ...(allowed ? { reason: 'RBAC: allowed' } : {}) } } as KubeObject;
  }

  #local(call: Call, body: SubjectAccessReview): KubeObject {
    if (body.spec.resourceAttributes?.namespace !== call.namespace)
      throw badRequest('spec.resourceAttributes.namespace must match the namespace of the request');
    return this.#access(subjectOf(body.spec), body);
  }

  #rules(user: User, body: SelfSubjectRulesReview): KubeObject {
    const rules = this.#parts.rbac.rulesFor(user, body.spec.namespace);
    const isResource = (rule: PolicyRule): boolean => (rule.resources ?? []).length > 0;
    const resourceRules = user.groups.includes('system:masters')
      ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, ...rules.filter(isResource)]
      : rules.filter(isResource);
    const nonResourceRules = rules.filter((rule) => !isResource(rule)).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
    return { ...body, status: { resourceRules, nonResourceRules, incomplete: false } } as unknown as KubeObject;
  }

  async #token(body: TokenReview): Promise<KubeObject> {
    const user = await this.#parts.tokens.authenticate(body.spec.token ?? '');
    const status =
      user === undefined ? { user: {}, error: '[invalid bearer token]' } : { authenticated: true, user, audiences: [tokenIssuer] };
    return { ...body, status } as unknown as KubeObject;
  }
}

function whoAmI(user: User, body: SelfSubjectReview): KubeObject {
  const { username, uid, groups, extra } = user;
  return {
    ...body,
    metadata: { creationTimestamp: timeText(Date.now()) },
    status: { userInfo: { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) } },
  } as unknown as KubeObject;
}

function subjectOf(spec: SubjectAccessReviewSpec): User {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(spec.user ?? '');
  if (account !== null && (spec.groups ?? []).length === 0) return serviceAccountUser(account[1] ?? '', account[2] ?? '');
  return { username: spec.user ?? '', groups: spec.groups ?? [] };
}

function withoutEmpty(attributes: AccessAttributes): AccessAttributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== '' && value !== undefined),
  ) as unknown as AccessAttributes;
}
