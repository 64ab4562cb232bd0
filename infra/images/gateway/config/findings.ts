import type { ConfigNote, ConfigPath, LocatedYaml } from './located-yaml.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Collects what is wrong while a file of the right shape is being given its meaning. */
export class Findings {
  readonly errors: ConfigNote[] = [];
  readonly warnings: ConfigNote[] = [];
  readonly #yaml: LocatedYaml;
  readonly #env: Environment;

  constructor(yaml: LocatedYaml, env: Environment) {
    this.#yaml = yaml;
    this.#env = env;
  }

  error(path: ConfigPath, message: string): void {
    this.errors.push(this.#yaml.note(path, message));
  }

  warn(path: ConfigPath, message: string): void {
    this.warnings.push(this.#yaml.note(path, message));
  }

  /** `os.environ/NAME` stands for the variable; a missing one is an error, because a call without its key can only fail later. */
  secret(path: ConfigPath, text: string | undefined): string | undefined {
    const variable = /^os\.environ\/(.+)$/.exec(text ?? '')?.[1];
    if (variable === undefined) return text;
    const value = this.#env[variable];
    if (value !== undefined && value !== '') return value.trim();
    this.error(
      path,
      `the environment variable ${variable} is not set. Set it in the pod, e.g. from a Secret (env.valueFrom.secretKeyRef).`,
    );
    return undefined;
  }

  /** A value from the environment itself; empty counts as not set. */
  variable(name: string): string | undefined {
    const value = this.#env[name];
    return value === '' ? undefined : value;
  }
}
