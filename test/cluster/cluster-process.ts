import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureKubectl } from '../../infra/setup/kubectl.ts';
import { ClusterProgram } from '../support/cluster-program.ts';

const POLL_MS = 100;
const PATIENCE_MS = 60_000;

/** What a command said and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A cluster in a process of its own, spoken to with kubectl as a person would. */
export class ClusterProcess implements AsyncDisposable {
  readonly #program: ClusterProgram;
  readonly #kubectl: string;
  /** How often a namespace was asked for, by name. */
  readonly #asked = new Map<string, number>();

  constructor(program: ClusterProgram, kubectl: string) {
    this.#program = program;
    this.#kubectl = kubectl;
  }

  /** `nodes` is the YAML that `npm run cluster -- --nodes` reads. */
  static async start(nodes: string): Promise<ClusterProcess> {
    const kubectl = await ensureKubectl();
    const program = await ClusterProgram.start((folder) => {
      const file = path.join(folder, 'nodes.yaml');
      writeFileSync(file, nodes);
      return ['--nodes', file, '--no-service-ca'];
    });
    return new ClusterProcess(program, kubectl);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }

  /** A namespace of its own to work in: a test's second try does not get the first one's. */
  async namespace(name: string): Promise<Kubectl> {
    const times = (this.#asked.get(name) ?? 0) + 1;
    this.#asked.set(name, times);
    const own = times === 1 ? name : `${name}-${times}`;
    await this.#run(['create', 'namespace', own]).then(succeeded);
    return new Kubectl((args, input) => this.#run(['--namespace', own, ...args], input));
  }

  #run(args: readonly string[], input?: string): Promise<Ended> {
    const env = { ...process.env, KUBECONFIG: this.#program.kubeconfig, HOME: this.#program.folder };
    return new Promise((resolve) => {
      const child = execFile(this.#kubectl, [...args], { env, timeout: PATIENCE_MS }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      });
      child.stdin?.end(input ?? '');
    });
  }
}

/** kubectl in one namespace. */
export class Kubectl {
  readonly #run: (args: readonly string[], input?: string) => Promise<Ended>;

  constructor(run: (args: readonly string[], input?: string) => Promise<Ended>) {
    this.#run = run;
  }

  /** Whatever comes of it; words are split at blanks, further arguments are taken as they are. */
  try(command: string, ...args: readonly string[]): Promise<Ended> {
    return this.#run([...command.split(' '), ...args]);
  }

  /** Its output; a failure is thrown. */
  async do(command: string, ...args: readonly string[]): Promise<string> {
    return succeeded(await this.try(command, ...args));
  }

  async send(input: string, command: string, ...args: readonly string[]): Promise<Ended> {
    return this.#run([...command.split(' '), ...args], input);
  }

  /** YAML; the first line keeps kubectl from taking a manifest in braces for JSON. */
  async apply(manifest: string): Promise<void> {
    succeeded(await this.#run(['apply', '-f', '-'], `---\n${manifest}`));
  }

  field(object: string, jsonPath: string): Promise<string> {
    return this.do(`get ${object} -o`, `jsonpath=${jsonPath}`);
  }

  /** Waits until a command's output, errors included, is as wanted. */
  async until(pattern: RegExp, command: string, ...args: readonly string[]): Promise<string> {
    const giveUpAtMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const { stdout, stderr } = await this.try(command, ...args);
      if (pattern.test(stdout + stderr)) return stdout;
      if (Date.now() > giveUpAtMs) throw new Error(`kubectl ${command} ${args.join(' ')}: no ${pattern} in ${stdout}${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function succeeded({ code, stdout, stderr }: Ended): string {
  if (code !== 0) throw new Error(`kubectl ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}
