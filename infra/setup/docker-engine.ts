import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, closeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectEngine, type EngineAddress } from '../runtime/docker/engine.ts';
import { findProgram } from './tools.ts';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const LOG_TAIL_LINES = 15;

/** The version of the engine that answers, undefined when none does. */
export async function probeEngine(address: EngineAddress = {}): Promise<string | undefined> {
  try {
    return (await connectEngine(address).calls.version()).Version;
  } catch {
    return undefined;
  }
}

/**
 * Makes sure that an engine answers: asks systemd where that runs the machine, else starts dockerd in the background, which outlives
 * this process and logs to `logFile`. Answers the engine's version.
 */
export async function ensureEngine(logFile: string, report: (line: string) => void): Promise<string> {
  const running = await probeEngine();
  if (running !== undefined) return running;
  const startedAt = Date.now();
  const died = existsSync('/run/systemd/system') ? startBySystemd() : await startInBackground(logFile);
  const version = await waitForEngine(died, logFile);
  report(`started the Docker engine in ${((Date.now() - startedAt) / 1000).toFixed(1)} s (log: ${logFile})`);
  return version;
}

type Starter = () => string | undefined;

function startBySystemd(): Starter {
  const child = spawn('systemctl', ['start', 'docker'], { stdio: 'ignore' });
  return failureOf(child, 'systemctl start docker');
}

async function startInBackground(logFile: string): Promise<Starter> {
  const dockerd = (await findProgram('dockerd')) ?? (await findProgram('/usr/sbin/dockerd'));
  if (dockerd === undefined) throw new Error('The Docker engine is not installed.');
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(dockerd, [], { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  closeSync(log);
  child.unref();
  return failureOf(child, dockerd);
}

/** Tells, once it has happened, how the command failed. */
function failureOf(child: ReturnType<typeof spawn>, command: string): Starter {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code) => {
    if (code !== 0) failure = `${command} ended with ${code ?? 'a signal'}`;
  });
  return () => failure;
}

async function waitForEngine(failure: Starter, logFile: string): Promise<string> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const version = await probeEngine();
    if (version !== undefined) return version;
    const reason = failure();
    if (reason !== undefined) throw new Error(`The Docker engine did not start: ${reason}.\n${tail(logFile)}`);
    await delay(POLL_MS);
  }
  throw new Error(`The Docker engine did not answer within ${START_TIMEOUT_MS / 1000} s.\n${tail(logFile)}`);
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n') : '';
}
