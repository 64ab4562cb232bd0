import { configSchema, remedies, type ConfigFile } from './config-schema.ts';
import type { Environment } from './findings.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { LocatedYaml, type ConfigNote, type ConfigPath } from './located-yaml.ts';
import { resolveConfig } from './resolve-config.ts';

export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: GatewayConfig; readonly warnings: readonly ConfigNote[] }
  | { readonly kind: 'invalid'; readonly errors: readonly ConfigNote[]; readonly warnings: readonly ConfigNote[] };

/** Reads a configuration text whole and reports everything wrong with it at once. Unknown keys are warnings, as LiteLLM ignores them. */
export function readConfig(text: string, env: Environment): ConfigReading {
  const yaml = new LocatedYaml(text);
  if (yaml.syntaxErrors.length > 0) return { kind: 'invalid', errors: yaml.syntaxErrors, warnings: [] };
  if (typeof yaml.value !== 'object' || yaml.value === null || Array.isArray(yaml.value))
    return { kind: 'invalid', errors: [yaml.note([], 'the file is not a mapping. Begin with `model_list:`.')], warnings: [] };
  const { file, errors, warnings } = checkShape(yaml);
  if (file === undefined) return { kind: 'invalid', errors, warnings };
  const resolved = resolveConfig(file, yaml, { ...file.environment_variables, ...env });
  const allWarnings = [...warnings, ...resolved.warnings];
  return resolved.errors.length > 0
    ? { kind: 'invalid', errors: resolved.errors, warnings: allWarnings }
    : { kind: 'valid', config: resolved.config, warnings: allWarnings };
}

interface Shape {
  readonly file: ConfigFile | undefined;
  readonly errors: readonly ConfigNote[];
  readonly warnings: readonly ConfigNote[];
}

function checkShape(yaml: LocatedYaml): Shape {
  const known = structuredClone(yaml.value);
  const warnings: ConfigNote[] = [];
  for (const issue of configSchema.safeParse(known).error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') continue;
    for (const key of issue.keys) {
      const path = [...pathOf(issue.path), key];
      warnings.push(yaml.note(path, `unknown key \`${key}\`, ignored. Check its spelling and its indentation.`));
      removeKey(known, path);
    }
  }
  const result = configSchema.safeParse(known);
  if (result.success) return { file: result.data, errors: [], warnings };
  return { file: undefined, errors: result.error.issues.map((issue) => problem(yaml, pathOf(issue.path), issue.message)), warnings };
}

function problem(yaml: LocatedYaml, path: ConfigPath, message: string): ConfigNote {
  const remedy = remedies[path.findLast((step) => typeof step === 'string') ?? ''];
  const said = message.charAt(0).toLowerCase() + message.slice(1);
  return yaml.note(path, remedy === undefined ? `${said}.` : `${said}. ${remedy}`);
}

function pathOf(path: readonly PropertyKey[]): ConfigPath {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

function removeKey(root: unknown, path: ConfigPath): void {
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], root);
  Reflect.deleteProperty(parent as object, path.at(-1) ?? '');
}

/** `config.yaml:12: model_list[0].litellm_params.rpm: …` */
export function formatNote(file: string, { line, place, message }: ConfigNote): string {
  return place === '' ? `${file}:${line}: ${message}` : `${file}:${line}: ${place}: ${message}`;
}
