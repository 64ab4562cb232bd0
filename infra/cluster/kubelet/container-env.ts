import type { ConfigMap, Container, EnvFromSource, EnvVar, Pod, Secret } from '../meta/generated/types.ts';
import { ContainerConfigError } from './config-error.ts';
import { expandVariables } from './expand.ts';
import { fieldValue, resourceFieldValue, type PodPlace } from './field-values.ts';

/** The objects that a container's environment draws on; undefined means that it is not there. */
export interface ReferenceReader {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

export interface EnvInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly place: PodPlace;
  /** `HOSTNAME` and the variables of Services: what the container's own entries may override. */
  readonly base: Readonly<Record<string, string>>;
  readonly references: ReferenceReader;
}

/**
 * A container's environment in the order of its specification: first what surrounds it, then envFrom, then env, each later entry
 * overriding an earlier one of its name. `$(NAME)` in values refers to what came before. Throws {@link ContainerConfigError}.
 */
export async function containerEnv(input: EnvInput): Promise<ReadonlyMap<string, string>> {
  const env = new Map(Object.entries(input.base));
  for (const source of input.container.envFrom ?? []) {
    for (const [name, value] of await envFrom(source, input)) env.set(name, value);
  }
  for (const entry of input.container.env ?? []) {
    const value = await envValue(entry, input, env);
    if (value !== undefined) env.set(entry.name, value);
  }
  return env;
}

async function envFrom({ prefix = '', configMapRef, secretRef }: EnvFromSource, input: EnvInput): Promise<[string, string][]> {
  const namespace = input.pod.metadata.namespace ?? '';
  if (configMapRef !== undefined) {
    const configMap = await input.references.configMap(namespace, configMapRef.name ?? '');
    if (configMap === undefined && configMapRef.optional !== true) throw missing('configmap', configMapRef.name);
    return Object.entries(configMap?.data ?? {}).map(([key, value]) => [prefix + key, value]);
  }
  if (secretRef === undefined) return [];
  const secret = await input.references.secret(namespace, secretRef.name ?? '');
  if (secret === undefined && secretRef.optional !== true) throw missing('secret', secretRef.name);
  return Object.entries(secret?.data ?? {}).map(([key, value]) => [prefix + key, fromBase64(value)]);
}

/** Undefined where an optional source is not there: the variable is then not set at all. */
async function envValue(entry: EnvVar, input: EnvInput, env: ReadonlyMap<string, string>): Promise<string | undefined> {
  const { valueFrom } = entry;
  if (valueFrom === undefined) return expandVariables(entry.value ?? '', (name) => env.get(name));
  const namespace = input.pod.metadata.namespace ?? '';
  if (valueFrom.fieldRef !== undefined) {
    const value = fieldValue(input.pod, valueFrom.fieldRef, input.place);
    if (value === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${valueFrom.fieldRef.fieldPath}`);
    return value;
  }
  if (valueFrom.resourceFieldRef !== undefined) {
    const value = resourceFieldValue(input.pod, input.container, valueFrom.resourceFieldRef, input.place);
    if (value === undefined) throw new ContainerConfigError(`container ${valueFrom.resourceFieldRef.containerName ?? ''} not found`);
    return value;
  }
  if (valueFrom.configMapKeyRef !== undefined) {
    const { name, key, optional } = valueFrom.configMapKeyRef;
    const configMap = await input.references.configMap(namespace, name ?? '');
    const value = configMap?.data?.[key];
    if (value !== undefined || optional === true) return value;
    throw configMap === undefined ? missing('configmap', name) : missingKey(key, 'ConfigMap', namespace, name);
  }
  if (valueFrom.secretKeyRef !== undefined) {
    const { name, key, optional } = valueFrom.secretKeyRef;
    const secret = await input.references.secret(namespace, name ?? '');
    const value = secret?.data?.[key];
    if (value !== undefined) return fromBase64(value);
    if (optional === true) return undefined;
    throw secret === undefined ? missing('secret', name) : missingKey(key, 'Secret', namespace, name);
  }
  throw new ContainerConfigError(`unsupported source of environment variable ${entry.name}`);
}

function missing(kind: string, name: string | undefined): ContainerConfigError {
  return new ContainerConfigError(`${kind} "${name ?? ''}" not found`);
}

function missingKey(key: string, kind: string, namespace: string, name: string | undefined): ContainerConfigError {
  return new ContainerConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name ?? ''}`);
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
