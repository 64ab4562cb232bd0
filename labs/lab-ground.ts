import { findFaultRefusal, type Ground } from '../scenarios/faults/fault-ground.ts';
import { isKnownKind, isNamespaced } from '../grader/kube-objects.ts';
import { namespaceValue, type Lab } from './lab.ts';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const objectSchema = z.looseObject({ kind: z.string() });

/** What a lab needs of the ground under its sandboxes. JSON. */
export interface LabDemands {
  /** Why it needs a cluster of its own; absent: a namespace of a shared one will do. */
  readonly ownCluster?: string;
  /** Each fault with those that come with it. */
  readonly faults: Readonly<Record<string, readonly string[]>>;
}

/** Pure. */
export function planDemands(lab: Pick<Lab, 'document' | 'example' | 'files'>): LabDemands {
  const because = whyOwnCluster(lab);
  const faults = lab.example.faults.map(({ id, together }) => [id, [id, ...together.map((part) => part.id)]] as const);
  return { faults: Object.fromEntries(faults), ...(because === undefined ? {} : { ownCluster: because }) };
}

function whyOwnCluster({ document, example, files }: Pick<Lab, 'document' | 'example' | 'files'>): string | undefined {
  const { needs, start, healthy } = example;
  if (needs.nodes.length > 0) return `it stands on nodes of its own (${needs.nodes.map(({ name }) => name).join(', ')})`;
  if (needs.cluster) return 'its trainees act on more than one namespace';
  if (namespaceValue({ document }) === undefined) return 'its namespace is no value that could be another';
  const kind = [...start, ...healthy].flatMap((file) => wholeClusterKinds(files.get(file) ?? ''))[0];
  return kind === undefined ? undefined : `its manifests hold a ${kind}, which belongs to no namespace`;
}

function wholeClusterKinds(manifests: string): readonly string[] {
  return parseAllDocuments(manifests).flatMap((each) => {
    const { success, data } = objectSchema.safeParse(each.toJS());
    return success && isKnownKind(data.kind) && !isNamespaced(data.kind) ? [data.kind] : [];
  });
}

/** Why the ground carries no run of the lab, in a sentence for whoever asked for it; undefined where it does. `fault`: only that one is asked about. Pure. */
export function findLabRefusal({ ownCluster, faults }: LabDemands, ground: Ground, fault?: string): string | undefined {
  if (ownCluster !== undefined && !ground.ownCluster)
    return `This lab needs a cluster of its own, for ${ownCluster}. Here sandboxes are namespaces of a shared cluster.`;
  const [first, ...others] = (fault === undefined ? Object.keys(faults) : [fault]).map((id) => refusalOf(faults[id] ?? [id], ground));
  return [first, ...others].includes(undefined) ? undefined : first;
}

/** The faults that the ground carries. Pure. */
export function carriedFaults({ faults }: LabDemands, ground: Ground): readonly string[] {
  return Object.keys(faults).filter((id) => refusalOf(faults[id] ?? [id], ground) === undefined);
}

function refusalOf(parts: readonly string[], ground: Ground): string | undefined {
  const refused = parts.flatMap((id) => {
    const because = findFaultRefusal(id, ground);
    return because === undefined ? [] : [{ id, because }];
  })[0];
  return refused === undefined ? undefined : `The fault ${refused.id} cannot be had here: ${refused.because}.`;
}
