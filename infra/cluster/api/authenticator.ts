import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { accessDenied, unauthorized } from '../meta/status-error.ts';
import { subjectOf } from './certificates.ts';
import type { Rbac } from './rbac.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import { anonymous, authenticatedGroup, serviceAccountUser, type User } from './user.ts';
import type { Visibility } from './visibility.ts';

/** Finds out who makes a request: client certificate, bearer token, and on top of it impersonation. */
export class Authenticator {
  readonly #tokens: ServiceAccountTokens;
  readonly #rbac: Rbac;
  readonly #visibility: Visibility;

  constructor(parts: { readonly tokens: ServiceAccountTokens; readonly rbac: Rbac; readonly visibility: Visibility }) {
    this.#tokens = parts.tokens;
    this.#rbac = parts.rbac;
    this.#visibility = parts.visibility;
  }

  /** Throws Unauthorized for credentials that are wrong, Forbidden for impersonation that is not allowed. */
  async authenticate(request: IncomingMessage): Promise<User> {
    const user = fromCertificate(request) ?? (await this.#fromToken(request)) ?? anonymous;
    return this.#impersonate(user, request);
  }

  async #fromToken(request: IncomingMessage): Promise<User | undefined> {
    const token = bearerOf(request);
    if (token === undefined) return undefined;
    const user = await this.#tokens.authenticate(token);
    if (user === undefined) throw unauthorized();
    return user;
  }

  #impersonate(user: User, request: IncomingMessage): User {
    const name = header(request, 'impersonate-user');
    const groups = headers(request, 'impersonate-group');
    const uid = header(request, 'impersonate-uid');
    if (name === undefined) {
      if (groups.length > 0 || uid !== undefined)
        throw accessDenied({ user: user.username, verb: 'impersonate', resource: 'users', name: '' }, 'a user must be impersonated too');
      return user;
    }
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
    const [, namespace = '', accountName = ''] = account ?? [];
    this.#require(user, account === null ? { resource: 'users', name } : { resource: 'serviceaccounts', namespace, name: accountName });
    for (const group of groups) this.#require(user, { resource: 'groups', name: group });
    const extra = impersonatedExtra(request);
    for (const [key, values] of Object.entries(extra ?? {}))
      for (const value of values)
        this.#require(user, { group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name: value });
    if (uid !== undefined) this.#require(user, { group: 'authentication.k8s.io', resource: 'uids', name: uid });
    if (this.#visibility.isHiddenIdentity(user, name) || groups.some((group) => this.#visibility.isReservedGroup(user, group))) {
      throw accessDenied(
        { user: user.username, verb: 'impersonate', resource: 'groups', name: groups.join(',') },
        'this identity belongs to the platform',
      );
    }
    if (account !== null && groups.length === 0) return { ...serviceAccountUser(namespace, accountName, uid, extra), impersonator: user };
    return {
      impersonator: user,
      username: name,
      groups: groupsOf(name, groups),
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
    };
  }

  #require(
    user: User,
    what: {
      readonly group?: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly name: string;
      readonly namespace?: string;
    },
  ): void {
    if (!this.#rbac.allows(user, { verb: 'impersonate', ...what }))
      throw accessDenied({ user: user.username, verb: 'impersonate', ...what });
  }
}

/** A connection's certificate is the same for all its requests. */
const usersOfSockets = new WeakMap<TLSSocket, User>();

function fromCertificate(request: IncomingMessage): User | undefined {
  const socket = request.socket as TLSSocket;
  // Certificates of other authorities are not refused at the handshake, so that a bearer token can stand beside them.
  if (!socket.authorized) return undefined;
  const known = usersOfSockets.get(socket);
  if (known !== undefined) return known;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const { username, groups } = subjectOf(certificate);
  const user = { username, groups: [...groups, authenticatedGroup] };
  usersOfSockets.set(socket, user);
  return user;
}

/** From the header, or from the WebSocket subprotocol in which browsers carry it. */
function bearerOf(request: IncomingMessage): string | undefined {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization') ?? '') ?? [];
  if (token !== undefined) return token;
  const protocol = (header(request, 'sec-websocket-protocol') ?? '')
    .split(/,\s*/)
    .find((entry) => entry.startsWith('base64url.bearer.authorization.k8s.io.'));
  return protocol === undefined ? undefined : Buffer.from(protocol.slice(protocol.lastIndexOf('.') + 1), 'base64url').toString('utf8');
}

function header(request: IncomingMessage, name: string): string | undefined {
  return headers(request, name)[0];
}

function headers(request: IncomingMessage, name: string): readonly string[] {
  return request.headersDistinct[name] ?? [];
}

function impersonatedExtra(request: IncomingMessage): User['extra'] {
  const entries = Object.entries(request.headersDistinct).filter(([name]) => name.startsWith('impersonate-extra-'));
  return entries.length === 0
    ? undefined
    : Object.fromEntries(entries.map(([name, values]) => [decodeKey(name.slice('impersonate-extra-'.length)), values ?? []]));
}

/** Header names carry what they cannot hold percent-encoded; what is wrongly encoded stands for itself. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whoever is impersonated counts as signed in, but for the anonymous. */
function groupsOf(name: string, groups: readonly string[]): readonly string[] {
  if (name !== anonymous.username) return [...new Set([...groups, authenticatedGroup])];
  return groups.length === 0 ? anonymous.groups : groups;
}
