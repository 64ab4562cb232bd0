/**
 * Where the parts of a sandbox lie on a cluster that it shares with others. A sandbox that is a cluster of its own has none: there everything goes by the names
 * that labs give it.
 */
export interface SandboxPlace {
  /** The trainee's: what labs call by a name of their own choice. */
  readonly namespace: string;
  /** Out of the trainee's sight: workspace, prober, providers and what faults take away. */
  readonly hiddenNamespace: string;
  /** Where this cluster pulls the images that labs know as `registry.lab/…`; without a slash at its end. */
  readonly registry: string;
  /** Of what labs run there, where they name none themselves; absent: the cluster's own defaults. */
  readonly runtimeClass?: string;
  readonly storageClass?: string;
}

/** How the images of labs begin, whatever cluster they run on. */
const LAB_REGISTRY = 'registry.lab/';

/** A text for people or programs inside the sandbox, with the images by the names that they have there. Pure. */
export function withRegistry(text: string, { registry }: Pick<SandboxPlace, 'registry'>): string {
  return text.replaceAll(LAB_REGISTRY, `${registry}/`);
}

/** The other way round, for what is read: checks and faults know images by their own names. Pure. */
export function withoutRegistry(text: string, { registry }: Pick<SandboxPlace, 'registry'>): string {
  return text.startsWith(`${registry}/`) ? `${LAB_REGISTRY}${text.slice(registry.length + 1)}` : text;
}
