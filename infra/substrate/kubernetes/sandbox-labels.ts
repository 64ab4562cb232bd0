import { createHash } from 'node:crypto';

const PREFIX = 'drillhouse.dev';

/** Which installation made it. Two on one cluster never touch each other's. */
export const installationLabel = `${PREFIX}/installation`;
export const sandboxLabel = `${PREFIX}/sandbox`;
/** Whose database knows it: tells an installation from another one that was given the same name by mistake. */
export const ownerLabel = `${PREFIX}/owner`;
/** `trainee` or `hidden` on a namespace. */
export const partLabel = `${PREFIX}/part`;

export type NamespacePart = 'trainee' | 'hidden';

export interface SandboxNames {
  readonly namespace: string;
  readonly hiddenNamespace: string;
}

const UNIT_LENGTH = 10;
export const MAX_INSTALLATION_LENGTH = 16;

/**
 * Names of a sandbox's namespaces: `dh-<installation>-<unit>`, at most 37 characters with what is hidden, so that certificates still find room for
 * `service.namespace.svc` in a common name of 64. The same sandbox always gets the same; `attempt` gives others, for a name that is still being deleted. Pure.
 */
export function namesOf(installation: string, sandboxId: string, attempt = 0): SandboxNames {
  const unit = createHash('sha256').update(`${sandboxId}/${attempt}`).digest('hex').slice(0, UNIT_LENGTH);
  const namespace = `dh-${installation}-${unit}`;
  return { namespace, hiddenNamespace: `${namespace}-hidden` };
}

export interface Ownership {
  readonly installation: string;
  readonly owner?: string | undefined;
}

export function labelsOf({ installation, owner }: Ownership, sandboxId: string): Readonly<Record<string, string>> {
  return {
    [installationLabel]: installation,
    ...(owner === undefined ? {} : { [ownerLabel]: owner }),
    [sandboxLabel]: sandboxId,
    'app.kubernetes.io/managed-by': 'drillhouse',
  };
}

/** Of the same name, and yet another one's. What names no owner is from before there were any. Pure. */
export function isStrange(labels: Readonly<Record<string, string>> | undefined, { owner }: Ownership): boolean {
  const named = labels?.[ownerLabel];
  return named !== undefined && owner !== undefined && named !== owner;
}

export function selectorOf(installation: string, sandboxId?: string): string {
  return sandboxId === undefined
    ? `${installationLabel}=${installation}`
    : `${installationLabel}=${installation},${sandboxLabel}=${sandboxId}`;
}
