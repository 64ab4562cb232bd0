import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { ConfigMap, Pod } from '../../infra/cluster/meta/generated/types.ts';
import { loadOrderSchema, type LoadReport, type PlannedOrder } from '../../infra/images/prober/load-protocol.ts';
import { durationSchema } from '../check-fields.ts';
import type { CheckContext } from '../check-context.ts';
import { gpusOf } from '../gpus.ts';
import { approachFields, prepareRequest } from '../probe-request.ts';
import { MAX_PREAMBLE_CHARACTERS, preambleSchema, withPreamble, type Preamble } from './preamble.ts';
import { pickTellingSeed } from './telling-seed.ts';

/** What runs on the lab's own machines and is paid by the hour, used or not: every pod of the namespace that runs the image, whatever its tag. */
const hostingSchema = z.strictObject({
  image: z.string().min(1),
  /** Only those with these labels, where several servers run the image. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Of a pod. */
  usdPerHour: z.number().positive(),
  /** Of each GPU, for a pod that holds some, in place of its own price. */
  usdPerGpuHour: z.number().positive().optional(),
});

/** Traffic towards one model, as checks and measurements declare it. */
export const trafficFields = {
  ...approachFields,
  /** What clients ask for; the endpoint's model where left out. */
  model: z.string().min(1).optional(),
  duration: durationSchema,
  traffic: loadOrderSchema.omit({ seed: true, url: true, model: true, durationMs: true, keys: true, tls: true, headers: true }),
  seed: z.int().min(0).optional(),
  preamble: preambleSchema.optional(),
  hosting: hostingSchema.optional(),
};

export type TrafficSpec = z.infer<z.ZodObject<typeof trafficFields>>;

export type TrafficOutcome =
  /** Costs include what was hosted. */
  | { readonly kind: 'measured'; readonly report: LoadReport }
  /** The prober could not keep to its own plan: the figures tell of the machine and not of the service. */
  | { readonly kind: 'busy'; readonly report: LoadReport }
  /** Something that the trainee must provide is not there. */
  | { readonly kind: 'absent'; readonly reason: string };

/** A prober that sends later than this says more of the machine it runs on than of the service. */
const MAX_LAG_P95_MS = 500;
const MS_PER_HOUR = 3_600_000;

/**
 * Sends the traffic once, planned from a seed that nobody can know before. `qualityAtLeast` is what the quality will be compared with: the questions
 * are then such that known models are told apart by it.
 */
export async function runTraffic(spec: TrafficSpec, context: CheckContext, qualityAtLeast?: number): Promise<TrafficOutcome> {
  const prepared = await prepareRequest(context, spec, { name: 'load', method: 'POST', path: '', timeoutMs: spec.traffic.timeoutMs });
  if (prepared.kind === 'absent') return prepared;
  const text = spec.preamble === undefined ? '' : await fetchPreamble(spec.preamble, context);
  if (text === undefined || text.length > MAX_PREAMBLE_CHARACTERS)
    return { kind: 'absent', reason: 'The text that goes before every question is missing or too long.' };
  const { url, headers = {}, tls } = prepared.value;
  const orderOf = (seed: number): PlannedOrder =>
    loadOrderSchema.parse({
      ...spec.traffic,
      ...(spec.preamble === undefined ? {} : { classes: withPreamble(spec.traffic.classes, text, spec.preamble, seed) }),
      seed,
      url: url.replace(/\/$/, ''),
      model: spec.model ?? context.endpoint.model,
      durationMs: spec.duration,
      headers,
      ...(tls === undefined ? {} : { tls }),
    });
  const draw = (): number => randomInt(2 ** 31);
  const seed = spec.seed ?? (qualityAtLeast === undefined ? draw() : await pickTellingSeed(draw, orderOf, qualityAtLeast));
  const report = withHosting(await context.prober.load(orderOf(seed), context.signal), await hostedUsd(spec, context));
  return { kind: report.sendLag.p95Ms > MAX_LAG_P95_MS || report.shed > 0 ? 'busy' : 'measured', report };
}

async function fetchPreamble({ configMap, entry }: Preamble, { objects, endpoint }: CheckContext): Promise<string | undefined> {
  const found = await objects.find<ConfigMap>({ kind: 'ConfigMap', namespace: endpoint.namespace, name: configMap });
  return found?.data?.[entry];
}

/** For the time of the run. Counted after it, when nothing of it can be hidden any more by stopping it for a moment. */
async function hostedUsd({ hosting, duration }: TrafficSpec, { objects, endpoint }: CheckContext): Promise<number> {
  if (hosting === undefined) return 0;
  const labelSelector = Object.entries(hosting.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const pods = await objects.list<Pod>('Pod', { namespace: endpoint.namespace, labelSelector: labelSelector.join(',') });
  const usdPerHour = pods.filter((pod) => isHosted(pod, hosting.image)).reduce((sum, pod) => sum + priceOf(pod, hosting), 0);
  return (usdPerHour * duration) / MS_PER_HOUR;
}

function priceOf(pod: Pod, { usdPerHour, usdPerGpuHour }: z.infer<typeof hostingSchema>): number {
  const gpus = gpusOf(pod);
  return gpus === 0 || usdPerGpuHour === undefined ? usdPerHour : gpus * usdPerGpuHour;
}

function isHosted({ metadata, spec, status }: Pod, image: string): boolean {
  const isOver = metadata.deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const repositoryOf = (reference = ''): string => reference.replace(/(?::[\w.-]+)?(?:@[\w:.-]+)?$/, '');
  return !isOver && (spec?.containers ?? []).some((container) => repositoryOf(container.image) === image);
}

function withHosting(report: LoadReport, hostedUsd: number): LoadReport {
  const { cost, answered } = report;
  if (hostedUsd === 0) return report;
  const usd = cost.usd + hostedUsd;
  return {
    ...report,
    cost: {
      ...cost,
      usd,
      usdUncached: cost.usdUncached + hostedUsd,
      usdPerThousandRequests: answered === 0 ? 0 : (usd / answered) * 1000,
    },
  };
}
