import { randomBytes } from 'node:crypto';
import { SubstrateError } from '../../../server/sandboxes/substrate.ts';
import type { ClusterLog } from '../../cluster/cluster-options.ts';
import type { Clock } from '../../cluster/meta/clock.ts';
import type { ClusterLink, NamespaceObject } from './cluster-link.ts';
import type { Candidate } from './placement.ts';
import { isStrange, namesOf, partLabel, sandboxLabel, selectorOf, type Ownership, type SandboxNames } from './sandbox-labels.ts';
import { planBounds, planNamespaces, sandboxOf, type TemplateOptions } from './sandbox-template.ts';

/** What no database knows may be another server's of this installation, made a moment ago. */
const ORPHAN_GRACE_MS = 10 * 60_000;
/** Names of a sandbox whose earlier namespaces are still being deleted. */
const NAME_ATTEMPTS = 5;
const API_PORTS: readonly number[] = [443, 6443];
/** Begins the id of a sandbox that is nobody's yet. */
const WARM = 'warm-';
/** On the trainee's namespace of such a sandbox once nothing is missing in it. */
const readyLabel = 'drillhouse.dev/ready';

export interface ClusterSandboxesOptions extends Ownership {
  readonly link: ClusterLink;
  readonly log: ClusterLog;
  readonly clock: Clock;
}

/** The sandboxes of one installation on one cluster, read from labels each time. Throws SubstrateError. */
export class ClusterSandboxes {
  readonly link: ClusterLink;
  /** Why the cluster cannot be used, as was last seen; it is not asked while that holds. */
  trouble: string | undefined;
  /** Being made, so that their labels may not show them yet. */
  readonly making = new Set<string>();
  readonly #installation: string;
  readonly #owner: string | undefined;
  readonly #log: ClusterLog;
  readonly #clock: Clock;
  #isWarming = false;

  constructor({ link, installation, owner, log, clock }: ClusterSandboxesOptions) {
    this.link = link;
    this.#installation = installation;
    this.#owner = owner;
    this.#log = log;
    this.#clock = clock;
  }

  get name(): string {
    return this.link.name;
  }

  /** Logs when it changes. */
  noteTrouble(trouble: string | undefined): void {
    if (this.trouble !== trouble) {
      if (trouble === undefined) this.#log.info({ cluster: this.name }, 'a cluster can be used again');
      else this.#log.warn({ cluster: this.name, trouble }, 'a cluster is passed by');
    }
    this.trouble = trouble;
  }

  async find(sandboxId: string): Promise<SandboxNames | undefined> {
    return namesIn(await this.#list(sandboxId));
  }

  /** For placement: never throws. */
  async candidate(): Promise<Candidate> {
    const { name, weight, capacity } = this.link.settings;
    try {
      return { name, weight, capacity, inUse: idsIn(await this.#list(), this.#installation, this.making).size };
    } catch (error) {
      return { name, weight, capacity, inUse: 0, trouble: (error as Error).message };
    }
  }

  /**
   * One that was made before and is now this sandbox's, whole as it is; or else the beginning of a new one, which others count from now on and which is to be
   * completed.
   */
  async take(sandboxId: string): Promise<{ readonly names: SandboxNames; readonly isWhole: boolean }> {
    const claimed = await this.#claim(sandboxId);
    if (claimed !== undefined) return { names: claimed, isWhole: true };
    const names = await this.#freeNames(sandboxId);
    const [trainee] = planNamespaces(await this.#template(sandboxId, names));
    if (trainee !== undefined) await this.link.create(trainee);
    return { names, isWhole: false };
  }

  /** Completes one that was begun, also one whose making was interrupted; what is there stays. */
  complete(sandboxId: string, names: SandboxNames, signal: AbortSignal): Promise<void> {
    return this.#build(sandboxId, names, signal);
  }

  async release(sandboxId: string): Promise<void> {
    const spaces = await this.#list(sandboxId);
    await Promise.all(spaces.map(({ metadata }) => this.link.deleteNamespace(metadata.name)));
  }

  async sweep(keep: ReadonlySet<string>): Promise<readonly string[]> {
    const spaces = await this.#list();
    const nowMs = this.#clock.now();
    for (const space of spaces) if (isStuck(space, nowMs)) this.#tellStuck(space);
    const ownership = { installation: this.#installation, owner: this.#owner };
    const strangers = spaces.filter(({ metadata }) => isStrange(metadata.labels, ownership));
    if (strangers.length > 0) this.#tellStrangers(strangers);
    const orphans = planSweep(spaces, { ...ownership, keep: new Set([...keep, ...this.making]), nowMs });
    const swept: string[] = [];
    for (const name of orphans) if (await this.link.deleteNamespace(name)) swept.push(`namespace ${name} on ${this.name}`);
    return swept;
  }

  /** Makes one more that is nobody's yet, where fewer than wanted are there and room is left. One at a time; what goes wrong is logged. */
  async warmUp(signal: AbortSignal): Promise<void> {
    const { warm, capacity } = this.link.settings;
    if (warm === 0 || this.trouble !== undefined || this.#isWarming) return;
    this.#isWarming = true;
    const id = `${WARM}${randomBytes(8).toString('hex')}`;
    try {
      const spaces = await this.#list();
      const inUse = idsIn(spaces, this.#installation, this.making).size;
      if (warmIn(spaces).length >= Math.min(warm, capacity - inUse)) return;
      const names = namesOf(this.#installation, id);
      await this.#build(id, names, signal);
      await this.link.patchNamespace(names.namespace, { metadata: { labels: { [readyLabel]: 'true' } } });
    } catch (error) {
      this.#log.warn({ cluster: this.name, reason: (error as Error).message }, 'no sandbox could be made ahead');
    } finally {
      this.#isWarming = false;
    }
  }

  /** The first that nobody else claims at the same time: the patch names the version that it was read at. */
  async #claim(sandboxId: string): Promise<SandboxNames | undefined> {
    if (this.link.settings.warm === 0) return undefined;
    const ownership = { installation: this.#installation, owner: this.#owner };
    for (const { trainee, hidden } of warmIn(await this.#list())) {
      if (isStrange(trainee.metadata.labels, ownership)) continue;
      const { name, resourceVersion } = trainee.metadata;
      const labels = { [sandboxLabel]: sandboxId, [readyLabel]: null };
      if (!(await this.link.patchNamespace(name, { metadata: { resourceVersion, labels } }))) continue;
      await this.link.patchNamespace(hidden.metadata.name, { metadata: { labels: { [sandboxLabel]: sandboxId } } });
      return { namespace: name, hiddenNamespace: hidden.metadata.name };
    }
    return undefined;
  }

  async #freeNames(sandboxId: string): Promise<SandboxNames> {
    for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt += 1) {
      const names = namesOf(this.#installation, sandboxId, attempt);
      const spaces = await Promise.all([names.namespace, names.hiddenNamespace].map((name) => this.link.findNamespace(name)));
      if (spaces.every((space) => space === undefined || this.#isLivingPart(space, sandboxId))) return names;
    }
    const look = `kubectl get namespaces --selector ${selectorOf(this.#installation, sandboxId)}`;
    throw new SubstrateError(
      'ProvisioningFailed',
      `Earlier namespaces of this sandbox on the cluster ${this.name} do not end. Look at what keeps them: ${look}`,
    );
  }

  /** Of a sandbox whose making was interrupted. */
  #isLivingPart({ metadata }: NamespaceObject, sandboxId: string): boolean {
    return metadata.deletionTimestamp === undefined && sandboxOf(metadata.labels, this.#installation) === sandboxId;
  }

  async #build(sandboxId: string, names: SandboxNames, signal: AbortSignal): Promise<void> {
    const options = await this.#template(sandboxId, names);
    for (const object of planNamespaces(options)) await this.link.create(object);
    await Promise.all([names.namespace, names.hiddenNamespace].map((name) => this.link.awaitRights(name, signal)));
    await Promise.all(planBounds(options).map((object) => this.link.create(object)));
  }

  async #template(sandboxId: string, names: SandboxNames): Promise<TemplateOptions> {
    const { settings } = this.link;
    const { self, api: seen } = await this.link.facts();
    const api = [...seen, ...settings.apiCidrs.map((cidr) => ({ cidr, ports: API_PORTS }))];
    return { installation: this.#installation, owner: this.#owner, sandboxId, names, settings, self, api };
  }

  async #list(sandboxId?: string): Promise<readonly NamespaceObject[]> {
    if (this.trouble !== undefined) throw new SubstrateError('Unavailable', this.trouble);
    return this.link.listNamespaces(selectorOf(this.#installation, sandboxId));
  }

  #tellStrangers(spaces: readonly NamespaceObject[]): void {
    this.#log.warn(
      { cluster: this.name, installation: this.#installation, namespaces: spaces.length, first: spaces[0]?.metadata.name },
      'another Drillhouse, or this one with an earlier database, has sandboxes under the same installation name; they are let alone and take room: name one of the two otherwise in its clusters file, or delete these namespaces if nobody works in them',
    );
  }

  /** Nobody but the cluster's administrators can take a finalizer away. */
  #tellStuck({ metadata, status }: NamespaceObject): void {
    const reasons = (status?.conditions ?? []).flatMap((each) => (each.status === 'True' ? (each.message ?? []) : []));
    this.#log.warn(
      { cluster: this.name, namespace: metadata.name, reasons },
      'a namespace does not end; look at the finalizers of what is in it',
    );
  }
}

interface SweepView extends Ownership {
  readonly keep: ReadonlySet<string>;
  readonly nowMs: number;
}

/** Namespaces of this installation that belong to no sandbox in `keep`, are not whole and ready for the next one, and are older than the grace time. Pure. */
export function planSweep(spaces: readonly NamespaceObject[], { keep, installation, owner, nowMs }: SweepView): readonly string[] {
  const ready = new Set(warmIn(spaces).map(({ trainee }) => trainee.metadata.labels?.[sandboxLabel]));
  return spaces.flatMap(({ metadata }) => {
    const id = sandboxOf(metadata.labels, installation);
    const ageMs = nowMs - Date.parse(metadata.creationTimestamp ?? '');
    const isOrphan = id !== undefined && !keep.has(id) && !ready.has(id) && ageMs >= ORPHAN_GRACE_MS;
    const isOurs = !isStrange(metadata.labels, { installation, owner });
    return isOrphan && isOurs && metadata.deletionTimestamp === undefined ? [metadata.name] : [];
  });
}

function isStuck({ metadata }: NamespaceObject, nowMs: number): boolean {
  return metadata.deletionTimestamp !== undefined && nowMs - Date.parse(metadata.deletionTimestamp) >= ORPHAN_GRACE_MS;
}

/** Somebody's: those of the pool are not counted, for they make room for whoever comes. */
function idsIn(spaces: readonly NamespaceObject[], installation: string, making: ReadonlySet<string>): ReadonlySet<string> {
  const ids = spaces.flatMap(({ metadata }) => sandboxOf(metadata.labels, installation) ?? []);
  return new Set([...ids, ...making].filter((id) => !id.startsWith(WARM)));
}

function warmIn(spaces: readonly NamespaceObject[]): readonly { readonly trainee: NamespaceObject; readonly hidden: NamespaceObject }[] {
  const living = spaces.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return living.flatMap((trainee) => {
    const { labels = {} } = trainee.metadata;
    const id = labels[sandboxLabel] ?? '';
    if (!id.startsWith(WARM) || labels[readyLabel] !== 'true') return [];
    const hidden = living.find(({ metadata }) => metadata.labels?.[sandboxLabel] === id && metadata.labels[partLabel] === 'hidden');
    return hidden === undefined ? [] : [{ trainee, hidden }];
  });
}

/** Both parts, and neither of them on its way out: half a sandbox is none. */
function namesIn(spaces: readonly NamespaceObject[]): SandboxNames | undefined {
  const living = spaces.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const part = (wanted: string): string | undefined =>
    living.find(({ metadata }) => metadata.labels?.[partLabel] === wanted)?.metadata.name;
  const [namespace, hiddenNamespace] = [part('trainee'), part('hidden')];
  return namespace === undefined || hiddenNamespace === undefined ? undefined : { namespace, hiddenNamespace };
}
