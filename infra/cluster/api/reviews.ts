import type {
  PolicyRule,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  TokenReview,
} from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { badRequest, invalid } from '../meta/status-error.ts';
import { timeText } from '../meta/times.ts';
import { validateCreate } from '../meta/validation/validate.ts';
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
      SelfSubjectAccessReview: (call, body) => this.#access(call.user, call.user, body as SubjectAccessReview),
      SubjectAccessReview: (call, body) =>
        this.#access(call.user, this.#subjectFor(call.user, body as SubjectAccessReview), body as SubjectAccessReview),
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
    const faults = validateCreate(body, call.info);
    if (faults.length > 0) throw invalid(call.info, '', faults);
    return review(call, body);
  }

  #access(asking: User, subject: User, body: SubjectAccessReview): KubeObject {
    const { resourceAttributes, nonResourceAttributes } = body.spec;
    const attributes: AccessAttributes =
      resourceAttributes === undefined
        ? { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
        : withoutEmpty({ verb: '', ...resourceAttributes });
    const allowed = this.#parts.rbac.allows(subject, { ...attributes, ...this.#seen(asking, attributes.namespace) });
    return { ...body, status: { allowed, ...(allowed ? { reason: 'RBAC: allowed' } : {}) } } as KubeObject;
  }

  #local(call: Call, body: SubjectAccessReview): KubeObject {
    if (body.spec.resourceAttributes?.namespace !== call.namespace)
      throw badRequest('spec.resourceAttributes.namespace must match the namespace of the request');
    return this.#access(call.user, this.#subjectFor(call.user, body), body);
  }

  #rules(user: User, body: SelfSubjectRulesReview): KubeObject {
    const rules = this.#parts.rbac.rulesFor(user, this.#seen(user, body.spec.namespace).namespace);
    const isResource = (rule: PolicyRule): boolean => (rule.resources ?? []).length > 0;
    const resourceRules = user.groups.includes('system:masters')
      ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, ...rules.filter(isResource)]
      : rules.filter(isResource);
    const nonResourceRules = rules.filter((rule) => !isResource(rule)).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
    return { ...body, status: { resourceRules, nonResourceRules, incomplete: false } } as unknown as KubeObject;
  }

  /** To whom a namespace is hidden it is as if absent: what is bound in it counts for nothing, what holds everywhere holds there too. */
  #seen(asking: User, namespace: string | undefined): { readonly namespace?: string } {
    const isThere = namespace !== undefined && !this.#parts.visibility.isHiddenNamespace(asking, namespace);
    return isThere ? { namespace } : { namespace: '' };
  }

  /** Of the platform's own group others learn nothing: to them it is a name like any other. */
  #subjectFor(asking: User, { spec }: SubjectAccessReview): User {
    const subject = subjectOf(spec);
    return { ...subject, groups: subject.groups.filter((group) => !this.#parts.visibility.isReservedGroup(asking, group)) };
  }

  async #token(body: TokenReview): Promise<KubeObject> {
    const { token = '', audiences: asked = [] } = body.spec;
    const audiences = asked.length === 0 ? [tokenIssuer] : asked;
    const user = await this.#parts.tokens.authenticate(token, audiences);
    const status =
      user === undefined
        ? { user: {}, error: '[invalid bearer token]' }
        : { authenticated: true, user, audiences: await this.#parts.tokens.audiencesOf(token, audiences) };
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
