import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import type { ConfigMap } from '../../infra/cluster/meta/generated/types.ts';
import { askEndpoint, componentFault, jsonOf, prometheusComponent } from './component.ts';
import type { FaultTarget } from './fault.ts';
import { requireServing } from './template-change.ts';

const metricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);

/** The alert rules are tidied up after an upgrade, to a name that the metric never had: what nobody measures never fires. */
export const alertSilent = componentFault({
  id: 'alert-silent',
  title: 'Alert silent',
  symptom: 'The alert’s rule is healthy and stays inactive whatever happens; its expression finds no series.',
  leavesBehind: 'The ConfigMap with the rules is as before, and Prometheus runs with it.',
  component: prometheusComponent,
  parameters: { metric: metricName, stale: metricName },
  plan: async (target, { metric, stale }) => {
    const { ref, entry, text } = await requireRules(target, metric);
    return [{ kind: 'patch', ref, patch: { data: { [entry]: text.replaceAll(metric, stale) } } }];
  },
  restartsPods: true,
  prove: async (target, { metric, stale }) => {
    const [rules, present, absent] = await askEndpoint(target, [
      { method: 'GET', path: '/api/v1/rules?type=alert' },
      { method: 'GET', path: queryPath(`count({__name__="${metric}"})`) },
      { method: 'GET', path: queryPath(`count({__name__="${stale}"})`) },
    ]);
    const asked = rulesSchema.safeParse(jsonOf(rules)).data?.data.groups.flatMap((group) => group.rules.map(({ query }) => query)) ?? [];
    if (!asked.some((query) => query.includes(stale)))
      return { live: false, reason: 'Prometheus has no alert that asks for the stale name.' };
    if (countOf(jsonOf(present)) === 0) return { live: false, reason: `Nothing reports ${metric} yet.` };
    return countOf(jsonOf(absent)) === 0
      ? { live: true, seen: `An alert waits for ${stale}, which nothing reports.` }
      : { live: false, reason: `Something does report ${stale}.` };
  },
});

const rulesSchema = z.looseObject({
  data: z.looseObject({ groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ query: z.string() })) })) }),
});
const resultSchema = z.looseObject({
  data: z.looseObject({ result: z.array(z.looseObject({ value: z.tuple([z.number(), z.string()]) })) }),
});

function queryPath(query: string): string {
  return `/api/v1/query?${new URLSearchParams({ query }).toString()}`;
}

function countOf(json: unknown): number {
  return Number(resultSchema.safeParse(json).data?.data.result[0]?.value[1] ?? 0);
}

/** The entry of a mounted ConfigMap with alert rules that ask for the metric. */
async function requireRules(
  target: FaultTarget,
  metric: string,
): Promise<{ readonly ref: { kind: string; namespace: string; name: string }; readonly entry: string; readonly text: string }> {
  const { deployment } = await requireServing(target);
  const { namespace } = target.endpoint;
  for (const { configMap } of deployment.spec?.template.spec?.volumes ?? []) {
    const ref = { kind: 'ConfigMap', namespace, name: configMap?.name ?? '' };
    const map = configMap === undefined ? undefined : await target.objects.find<ConfigMap>(ref);
    const found = Object.entries(map?.data ?? {}).find(([, text]) => /\balert:/.test(text) && text.includes(metric));
    if (found !== undefined) return { ref, entry: found[0], text: found[1] };
  }
  throw new PlatformError('ApiFailed', `No ConfigMap that ${target.endpoint.deployment} mounts has an alert on ${metric}.`);
}
