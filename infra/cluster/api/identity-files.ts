import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CertificateAuthority, keyPairSchema, type KeyPairPem } from './certificates.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';

const identitySchema = z.strictObject({
  authority: keyPairSchema,
  server: keyPairSchema,
  tokenKey: z.string(),
  operator: keyPairSchema,
  admin: keyPairSchema,
  serverNames: z.array(z.string()),
  port: z.int(),
});

/** Keys and certificates of one cluster. They outlive restarts, so that kubeconfigs and tokens do too. */
export interface ClusterIdentity {
  readonly authority: KeyPairPem;
  readonly server: KeyPairPem;
  readonly tokenKey: string;
  readonly operator: KeyPairPem;
  readonly admin: KeyPairPem;
}

export interface IdentityRequest {
  readonly dataDir: string;
  readonly serverNames: readonly string[];
  readonly operatorGroups: readonly string[];
  readonly adminGroups: readonly string[];
  readonly nowMs: number;
}

const fileName = 'identity.json';

/** Reads the cluster's keys, or makes them. A server certificate that lacks a name is issued anew. */
export async function loadIdentity(request: IdentityRequest): Promise<ClusterIdentity> {
  const saved = readSaved(request.dataDir);
  if (saved !== undefined && request.serverNames.every((name) => saved.serverNames.includes(name))) return saved;
  const authority =
    saved === undefined
      ? await CertificateAuthority.create(request.nowMs)
      : await CertificateAuthority.restore(saved.authority, request.nowMs);
  const [server, operator, admin, exported] = await Promise.all([
    authority.issueServer(request.serverNames),
    saved?.operator ?? authority.issueClient('drillhouse', request.operatorGroups),
    saved?.admin ?? authority.issueClient('kubernetes-admin', request.adminGroups),
    authority.export(),
  ]);
  const identity = { authority: exported, server, operator, admin, tokenKey: saved?.tokenKey ?? ServiceAccountTokens.newKey() };
  write(request.dataDir, { ...identity, serverNames: [...request.serverNames], port: saved?.port ?? 0 });
  return identity;
}

/** The port that the cluster listened on before, 0 when there was none. */
export function savedPort(dataDir: string): number {
  return readSaved(dataDir)?.port ?? 0;
}

export function savePort(dataDir: string, port: number): void {
  const saved = readSaved(dataDir);
  if (saved !== undefined && saved.port !== port) write(dataDir, { ...saved, port });
}

function readSaved(dataDir: string): z.infer<typeof identitySchema> | undefined {
  const file = path.join(dataDir, fileName);
  if (!existsSync(file)) return undefined;
  const parsed = identitySchema.safeParse(parseJson(readFileSync(file, 'utf8')));
  // A file that a crash cut short is as good as none: the cluster gets new keys.
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Either the old or the new file is there, whole, whenever the process or the machine stops. */
function write(dataDir: string, identity: z.infer<typeof identitySchema>): void {
  const file = path.join(dataDir, fileName);
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(descriptor, JSON.stringify(identity));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
