import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decodeObject, kindInfo } from '../decode.ts';
import { applyDefaults } from '../defaults.ts';
import type { KubeObject } from '../kube-object.ts';
import { ResourceRegistry, type ResourceInfo } from '../registry.ts';

/** Answers of a real Kubernetes 1.36.2, as recorded. */
export function sample<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, 'samples', `${name}.json`), 'utf8')) as T;
}

export const registry = new ResourceRegistry();

/** The resource of an object by what the object says of itself. */
export function infoOf(object: { readonly apiVersion: string; readonly kind: string }): ResourceInfo {
  const info = registry.findByApiVersion(object.apiVersion, object.kind);
  if (object.kind === 'Scale') return { ...resource('deployments.apps'), ...kindInfo('autoscaling', 'v1', 'Scale') };
  if (info === undefined) throw new Error(`no such kind: ${object.apiVersion} ${object.kind}`);
  return info;
}

/** The resource of a plural and group, e.g. `deployments.apps`. */
export function resource(name: string): ResourceInfo {
  const [plural = '', ...group] = name.split('.');
  const info = registry.all().find((other) => other.resource === plural && other.group === group.join('.'));
  if (info === undefined) throw new Error(`no such resource: ${name}`);
  return info;
}

/** An object from YAML as the server would keep it: decoded, in the namespace `ns` where it needs one, defaulted. */
export function fromYaml<T extends KubeObject = KubeObject>(yaml: string): T {
  const head = /apiVersion: (\S+)\s+kind: (\w+)/.exec(yaml);
  const info = infoOf({ apiVersion: head?.[1] ?? '', kind: head?.[2] ?? '' });
  const { object } = decodeObject<T>(Buffer.from(yaml), 'application/yaml', { info }, 'Strict');
  if (info.namespaced) object.metadata.namespace ??= 'ns';
  return applyDefaults(object);
}
