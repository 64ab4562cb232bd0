import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundlePath, ensureImageBundles } from '../../bundle.ts';
import type { ControlAnswer, ControlOrder } from '../control-protocol.ts';
import type { FaceName } from '../models.ts';

const START_TIMEOUT_MS = 20_000;

export const controlToken = 'control-token-of-the-tests';

/** What the control port said. */
interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** A provider as its image runs it, on free ports of loopback, with keys of a test's own. */
export class ProviderProcess implements AsyncDisposable {
  readonly url: string;
  readonly managementUrl: string;
  readonly controlUrl: string;
  readonly #child: ChildProcess;
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #output: () => string;

  private constructor(parts: {
    child: ChildProcess;
    env: Readonly<Record<string, string>>;
    folder: string;
    output: () => string;
    ports: Readonly<Record<'port' | 'managementPort' | 'controlPort', number>>;
  }) {
    this.#child = parts.child;
    this.#folder = parts.folder;
    this.#output = parts.output;
    this.#env = { ...parts.env, CONTROL_PORT: String(parts.ports.controlPort) };
    this.url = `http://127.0.0.1:${parts.ports.port}`;
    this.managementUrl = `http://127.0.0.1:${parts.ports.managementPort}`;
    this.controlUrl = `http://127.0.0.1:${parts.ports.controlPort}`;
  }

  static async start(face: FaceName, keysFile: object, more: Readonly<Record<string, string>> = {}): Promise<ProviderProcess> {
    await ensureImageBundles();
    const folder = mkdtempSync(path.join(tmpdir(), 'provider-'));
    writeFileSync(path.join(folder, 'keys.json'), JSON.stringify(keysFile));
    writeFileSync(path.join(folder, 'token'), `${controlToken}\n`);
    const env = {
      PATH: process.env['PATH'] ?? '',
      PROVIDER_FACE: face,
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      CONTROL_PORT: '0',
      KEYS_FILE: path.join(folder, 'keys.json'),
      CONTROL_TOKEN_FILE: path.join(folder, 'token'),
      ...more,
    };
    const child = spawn(process.execPath, [bundlePath('provider')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const ports = new Promise<Record<'port' | 'managementPort' | 'controlPort', number>>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the provider did not listen:\n${output}`)), START_TIMEOUT_MS);
      const onData = (data: Buffer): void => {
        output += data.toString();
        const line = output.split('\n').find((one) => one.includes('"listening"'));
        if (line === undefined) return;
        clearTimeout(timer);
        resolve(JSON.parse(line) as Record<'port' | 'managementPort' | 'controlPort', number>);
      };
      child.stdout.on('data', onData);
      child.stderr.on('data', onData);
    });
    return new ProviderProcess({ child, env, folder, output: () => output, ports: await ports });
  }

  /** All that the program has printed. */
  get printed(): string {
    return this.#output();
  }

  async control(method: 'GET' | 'PUT' | 'DELETE', route: string, body?: object, token = controlToken): Promise<Answered> {
    const response = await fetch(`${this.controlUrl}${route}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** The image's own command, as the orchestrator runs it by exec. */
  async ctl(order: ControlOrder): Promise<Answered> {
    const [answer] = await this.ctlLines(JSON.stringify({ order }));
    if (answer === undefined || 'error' in answer) throw new Error(answer?.error ?? 'nothing was answered');
    const { id: _, ...answered } = answer;
    return answered;
  }

  /** One run of it, whatever it is told. */
  async ctlLines(...lines: readonly string[]): Promise<readonly ControlAnswer[]> {
    const child = spawn(process.execPath, [bundlePath('provider'), 'ctl'], { env: this.#env, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
    await new Promise((resolve) => child.once('close', resolve));
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ControlAnswer);
  }

  /** Answers the exit code. */
  stop(): Promise<number | null> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null) resolve(this.#child.exitCode);
      else this.#child.once('exit', resolve);
      this.#child.kill('SIGTERM');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
