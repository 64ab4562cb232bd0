import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { MAX_INSTALLATION_LENGTH } from './sandbox-labels.ts';

const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const name = z.string().regex(label, 'must be small letters, digits and dashes, beginning with a letter').max(40);
const className = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be the name of a class of the cluster')
  .max(253);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/, 'must be a quantity such as 4, 500m or 8Gi');

const clusterSchema = z
  .strictObject({
    name,
    /** Relative to the file. */
    kubeconfig: z.string().min(1).optional(),
    /** The account of the pod that the orchestrator itself runs in. */
    inCluster: z.boolean().default(false),
    /** Of the kubeconfig; absent: its current one. */
    context: z.string().min(1).optional(),
    weight: z.number().positive().max(1000).default(1),
    /** Sandboxes at once. */
    capacity: z.int().min(1).max(10_000),
    /** Sandboxes that are made ahead, so that the next trainee finds one. */
    warm: z.int().min(0).max(50).default(0),
    /** Where the images are pulled that labs know as `registry.lab/…`. */
    registry: z
      .string()
      .regex(/^[a-z0-9][-a-z0-9.:/]*[a-z0-9]$/, 'must be a registry with an optional path, such as registry.example.com/drillhouse')
      .default('registry.lab'),
    /**
     * Where the API server's proxy connects from, beside the addresses behind the Service `kubernetes`: managed clusters have agents or other addresses for it. Network
     * policies let them in, and let kubectl out to them.
     */
    apiCidrs: z
      .array(z.union([z.cidrv4(), z.cidrv6()]))
      .max(20)
      .default([]),
    /** A RuntimeClass and a StorageClass of the cluster, for the pods and the claims of labs that name none. */
    runtimeClass: className.optional(),
    storageClass: className.optional(),
    /** On both namespaces of every sandbox, for the cluster's own policies. */
    labels: z.record(z.string().max(300), z.string().max(63)).default({}),
    /** What one sandbox may have, for the trainee's part and the hidden one together. */
    quota: z
      .strictObject({ pods: z.int().min(6).max(500).default(30), cpu: quantity.default('4'), memory: quantity.default('8Gi') })
      .prefault({}),
  })
  .refine(({ kubeconfig, inCluster }) => (kubeconfig === undefined) === inCluster, {
    path: ['kubeconfig'],
    message: 'must be given, or inCluster: true, and not both',
  });

const fileSchema = z.strictObject({
  /** Tells the sandboxes of one Drillhouse from those of another on the same cluster. Never change it while sandboxes stand. */
  installation: z.string().regex(label, 'must be small letters, digits and dashes').max(MAX_INSTALLATION_LENGTH),
  clusters: z
    .array(clusterSchema)
    .min(1)
    .max(50)
    .refine((all) => new Set(all.map((each) => each.name)).size === all.length, 'must have names of their own'),
});

export type ClusterSettings = z.infer<typeof clusterSchema>;
export type ClustersFile = z.infer<typeof fileSchema>;

/** Everything that is wrong with the file, each with its line. */
export class ClustersFileError extends Error {
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(`${file} (KUBERNETES_CLUSTERS) is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ClustersFileError';
    this.problems = problems;
  }
}

/** Reports every problem at once, by line and path. Kubeconfigs come out absolute. Pure. */
export function parseClustersFile(file: string, text: string): ClustersFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => `line ${lines.linePos(offset).line}`;
  if (document.errors.length > 0)
    throw new ClustersFileError(
      file,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`),
    );
  const parsed = fileSchema.safeParse(document.toJS());
  if (!parsed.success)
    throw new ClustersFileError(
      file,
      parsed.error.issues.map(
        ({ path: where, message }) => `${at(offsetOf(document, where))}: ${where.join('.') || 'the file'}: ${message}`,
      ),
    );
  const folder = path.dirname(path.resolve(file));
  const clusters = parsed.data.clusters.map((each) =>
    each.kubeconfig === undefined ? each : { ...each, kubeconfig: path.resolve(folder, each.kubeconfig) },
  );
  return { ...parsed.data, clusters };
}

/** Of the nearest thing above the path that is in the document. */
function offsetOf(document: ReturnType<typeof parseDocument>, where: readonly PropertyKey[]): number {
  for (let depth = where.length; depth > 0; depth -= 1) {
    const node = document.getIn(where.slice(0, depth), true) as { readonly range?: readonly number[] | null } | undefined;
    if (node?.range?.[0] !== undefined) return node.range[0];
  }
  return 0;
}
