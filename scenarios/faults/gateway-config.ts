import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import type { KeyChoice } from '../../grader/credentials.ts';
import type { ConfigMap, Container } from '../../infra/cluster/meta/generated/types.ts';
import { isReadableYaml } from '../../infra/cluster/meta/yaml-text.ts';
import type { Change } from './changes.ts';
import type { FaultTarget } from './fault.ts';
import { requireServing } from './template-change.ts';
import { removeFromYaml, setInYaml, valueInYaml, type Place, type Value } from './yaml-edit.ts';

const groupList = z.array(z.record(z.string(), z.array(z.string())));

/** What faults read of a file in LiteLLM proxy's format; the rest is none of their business. */
const fileSchema = z.looseObject({
  model_list: z.array(
    z.looseObject({ model_name: z.string(), litellm_params: z.looseObject({ model: z.string(), api_key: z.string().optional() }) }),
  ),
  router_settings: z
    .looseObject({ fallbacks: groupList.nullish(), model_group_alias: z.record(z.string(), z.string()).nullish() })
    .nullish(),
  litellm_settings: z.looseObject({ fallbacks: groupList.nullish() }).nullish(),
  general_settings: z.looseObject({ master_key: z.string().optional() }).nullish(),
  guardrails: z
    .array(
      z.looseObject({
        litellm_params: z.looseObject({
          guardrail: z.string(),
          patterns: z.array(z.looseObject({ pattern_name: z.string().optional() })).nullish(),
        }),
      }),
    )
    .nullish(),
});

export type GatewayFile = z.infer<typeof fileSchema>;
type Guardrail = NonNullable<GatewayFile['guardrails']>[number]['litellm_params'];

/** A gateway's configuration text that can be changed place by place; all the rest stays as the trainee wrote it. */
export class GatewayConfigText {
  readonly file: GatewayFile;
  /** What was set, in order, and to what. */
  readonly edits: { readonly place: Place; readonly value: Value }[] = [];
  #text: string;

  /** Throws PlatformError for what is no gateway's configuration. */
  constructor(text: string) {
    this.#text = text;
    // A trainee may have written it, and some texts would end the process that reads them.
    if (!isReadableYaml(text)) throw nothingToBreak('its configuration cannot be read');
    const document = parseDocument(text);
    const file = document.errors.length > 0 ? undefined : fileSchema.safeParse(document.toJS()).data;
    if (file === undefined) throw nothingToBreak('its configuration cannot be read');
    this.file = file;
  }

  set(place: Place, value: Value): void {
    this.edits.push({ place, value });
    this.#text = setInYaml(this.#text, place, value);
  }

  toString(): string {
    return this.#text;
  }

  /** The group that clients' model name stands for. */
  groupOf(model: string): string {
    return this.file.router_settings?.model_group_alias?.[model] ?? model;
  }

  /** Places of the `litellm_params` of a group's deployments, with the provider's model. Throws PlatformError where there are none. */
  deploymentsOf(group: string): readonly { readonly place: Place; readonly model: string; readonly apiKey: string | undefined }[] {
    const found = this.file.model_list.flatMap(({ model_name, litellm_params: { model, api_key: apiKey } }, index) =>
      model_name === group ? [{ place: ['model_list', index, 'litellm_params'], model, apiKey }] : [],
    );
    if (found.length === 0) throw nothingToBreak(`it has no deployment of ${group}`);
    return found;
  }

  /** The groups that a group falls back to, and the place of their list. Throws PlatformError where there are none. */
  fallbacksOf(group: string): { readonly place: Place; readonly groups: readonly string[] } {
    const found = this.findFallbacks(group);
    if (found === undefined) throw nothingToBreak(`${group} has no fallback`);
    return found;
  }

  findFallbacks(group: string): { readonly place: Place; readonly groups: readonly string[] } | undefined {
    for (const section of ['router_settings', 'litellm_settings'] as const) {
      for (const [index, item] of (this.file[section]?.fallbacks ?? []).entries()) {
        const groups = item[group];
        if (groups !== undefined && groups.length > 0) return { place: [section, 'fallbacks', index, group], groups };
      }
    }
    return undefined;
  }

  /** Places of the `litellm_params` of guardrails. Throws PlatformError where none is `wanted`. */
  guardrails(wanted: (guardrail: Guardrail) => boolean, description: string): readonly Place[] {
    const places = this.guardrailsIfAny(wanted);
    if (places.length === 0) throw nothingToBreak(`it has no ${description}`);
    return places;
  }

  guardrailsIfAny(wanted: (guardrail: Guardrail) => boolean): readonly Place[] {
    return (this.file.guardrails ?? []).flatMap(({ litellm_params: guardrail }, index) =>
      wanted(guardrail) ? [['guardrails', index, 'litellm_params']] : [],
    );
  }
}

/**
 * `current` without the edits that made `edited` of `original`, whatever else was changed since. Where something stands at a place that is neither
 * what was nor what was set, nobody can tell the one change from the other, and the original is the answer; so it is where nothing can be read. Pure.
 */
export function withoutEdits(original: string, edited: GatewayConfigText, current: string): string {
  if (current === edited.toString() || !isReadableYaml(current)) return original;
  let text = current;
  for (const { place, value } of edited.edits) {
    const [before, now] = [valueInYaml(original, place), valueInYaml(text, place)];
    if (isDeepStrictEqual(now, before)) continue;
    if (!isDeepStrictEqual(now, value)) return original;
    text = before === undefined ? removeFromYaml(text, place) : setInYaml(text, place, before as Value);
  }
  return text;
}

export function nothingToBreak(reason: string): PlatformError {
  return new PlatformError('ApiFailed', `The gateway gives the fault nothing to break: ${reason}.`);
}

interface GatewayConfig {
  readonly map: string;
  readonly entry: string;
  readonly text: string;
  /** False where the container has the file by a subPath, which Kubernetes never refreshes. */
  readonly isRefreshed: boolean;
}

/** The ConfigMap that the gateway's pods mount its configuration from. Throws PlatformError where there is none. */
export async function requireGatewayConfig(target: FaultTarget): Promise<GatewayConfig> {
  const { deployment, container } = await requireServing(target);
  for (const { name, configMap } of deployment.spec?.template.spec?.volumes ?? []) {
    if (configMap?.name === undefined) continue;
    const map = await target.objects.find<ConfigMap>(refOf(target, configMap.name));
    const found = Object.entries(map?.data ?? {}).find(([, text]) => /^model_list:/m.test(text));
    if (found !== undefined) return { map: configMap.name, entry: found[0], text: found[1], isRefreshed: isRefreshed(container, name) };
  }
  throw nothingToBreak('no ConfigMap that it mounts holds a model_list');
}

function isRefreshed({ volumeMounts = [] }: Container, volume: string): boolean {
  return volumeMounts.some((mount) => mount.name === volume && mount.subPath === undefined);
}

const REFERENCE = 'os.environ/';

/**
 * The key that the gateway's operator holds, which no limit and no list of models binds: proofs are about the gateway, not about one team's key.
 * Where it cannot be found, also because the gateway is gone, the clients' own.
 */
export async function findOperatorKey(target: FaultTarget): Promise<KeyChoice> {
  const serving = await requireServing(target).catch(() => undefined);
  const config = await requireGatewayConfig(target).catch(() => undefined);
  if (serving === undefined || config === undefined) return 'good';
  const { container } = serving;
  const { file } = new GatewayConfigText(config.text);
  const named = file.general_settings?.master_key ?? `${REFERENCE}LITELLM_MASTER_KEY`;
  return (named.startsWith(REFERENCE) ? secretOfVariable(container, named.slice(REFERENCE.length)) : undefined) ?? 'good';
}

function secretOfVariable({ env = [], envFrom = [] }: Container, name: string): Exclude<KeyChoice, string> | undefined {
  const variable = env.find((one) => one.name === name);
  const reference = variable?.valueFrom?.secretKeyRef;
  if (reference?.name !== undefined) return { secret: reference.name, entry: reference.key };
  const secret = variable === undefined ? envFrom.find(({ secretRef }) => secretRef?.name !== undefined)?.secretRef?.name : undefined;
  return secret === undefined ? undefined : { secret, entry: name };
}

/** The change of the ConfigMap that makes the edited text the gateway's configuration. */
export function planConfigChange(target: FaultTarget, { map, entry }: GatewayConfig, text: GatewayConfigText): Change {
  return { kind: 'patch', ref: refOf(target, map), patch: { data: { [entry]: text.toString() } } };
}

function refOf({ endpoint }: FaultTarget, name: string) {
  return { kind: 'ConfigMap', namespace: endpoint.namespace, name };
}
