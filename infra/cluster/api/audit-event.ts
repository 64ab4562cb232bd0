import type { IncomingMessage } from 'node:http';
import type { RequestInfo, ResourceRequest } from './request-info.ts';
import { isOperator, type User } from './user.ts';
import type { Visibility } from './visibility.ts';

const createdNames = new WeakMap<IncomingMessage, string>();

/** What a request created: its path does not say it. */
export function noteCreated(request: IncomingMessage, name: string): void {
  createdNames.set(request, name);
}

export function createdBy(request: IncomingMessage): string | undefined {
  return createdNames.get(request);
}

/** One request that has been answered. */
export interface AnsweredRequest {
  readonly id: string;
  /** Absent where nobody could be made out, which is a 401. */
  readonly user: User | undefined;
  readonly info: RequestInfo;
  /** Path and query as they were sent. */
  readonly uri: string;
  readonly userAgent: string;
  readonly sourceIp: string;
  readonly code: number;
  /** Of the object that it created. */
  readonly created?: string | undefined;
  readonly receivedAtMs: number;
  readonly answeredAtMs: number;
}

const changing: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const streams: readonly string[] = ['exec', 'attach', 'portforward', 'proxy'];
/** Written all the time, and nobody's doing. */
const chatter: readonly string[] = ['events', 'leases'];
/** Questions that are asked by create and change nothing. */
const askingGroups: readonly string[] = ['authorization.k8s.io', 'authentication.k8s.io'];
/** Whoever reads the trail is in it. */
export const auditPath = '/logs/kube-apiserver/audit.log';
const MAX_URI_CHARS = 500;
const MAX_AGENT_CHARS = 200;

/**
 * What the trail keeps, after the policy that Kubernetes' documentation begins with: changes, reads of Secrets, ways into pods, and whatever was denied.
 * What operators do is the platform's own business, and so is what lies in hidden places. Pure.
 */
export function isAudited({ user, info, code }: AnsweredRequest, visibility: Visibility): boolean {
  if (user !== undefined && isOperator(user.impersonator ?? user)) return false;
  const isDenied = code === 401 || code === 403;
  if (!info.isResource) return isDenied || info.path === auditPath;
  const seenBy = user ?? { username: '', groups: [] };
  const { group, resource, namespace, name, verb, subresource = '' } = info;
  if (visibility.isHiddenGroup(seenBy, group)) return false;
  if (visibility.isHiddenNamespace(seenBy, resource === 'namespaces' ? name : namespace)) return false;
  if (isDenied) return true;
  if (chatter.includes(resource) || askingGroups.includes(group)) return false;
  return changing.includes(verb) || resource === 'secrets' || streams.includes(subresource);
}

/** An Event of audit.k8s.io/v1 at the level Metadata: who, what, when, and how it ended; never what was said. Pure. */
export function auditEvent(request: AnsweredRequest): object {
  const { id, user, info, uri, userAgent, sourceIp, code, receivedAtMs, answeredAtMs } = request;
  const isDenied = code === 403;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: id,
    stage: 'ResponseComplete',
    requestURI: uri.slice(0, MAX_URI_CHARS),
    verb: info.verb,
    user: user === undefined ? {} : userOf(user.impersonator ?? user),
    ...(user?.impersonator === undefined ? {} : { impersonatedUser: userOf(user) }),
    sourceIPs: [sourceIp],
    userAgent: userAgent.slice(0, MAX_AGENT_CHARS),
    ...(info.isResource ? { objectRef: referenceOf(info, request.created) } : {}),
    responseStatus: { metadata: {}, ...(code < 400 ? {} : { status: 'Failure', reason: reasons[code] ?? '' }), code },
    requestReceivedTimestamp: microTime(receivedAtMs),
    stageTimestamp: microTime(answeredAtMs),
    ...(user === undefined ? {} : { annotations: { 'authorization.k8s.io/decision': isDenied ? 'forbid' : 'allow' } }),
  };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  422: 'Invalid',
};

function userOf({ username, uid, groups, extra }: User): object {
  return { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function referenceOf(info: ResourceRequest, created: string | undefined): object {
  const { resource, namespace, name = created, group, version, subresource } = info;
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { apiGroup: group }),
    apiVersion: version,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** As Kubernetes writes a MicroTime. The clock gives milliseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
