import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServerClient } from '../support/server-client.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';

/** A real server on a data folder of its own, with the demo's people signed in. */
export interface DemoServer extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly trainee: ServerClient;
  readonly instructor: ServerClient;
}

export async function startDemoServer(runtime: 'process' | 'docker'): Promise<DemoServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'drillhouse-bench-'));
  const server = await startServerProcess({ dataDir, runtime, args: ['--demo'], env: { CAPACITY: '100', LOG_LEVEL: 'error' } });
  const linkOf = async (role: string): Promise<string> =>
    (await server.waitForOutput(new RegExp(`${role}[^\\n]*?(http://\\S+/welcome/\\S+)`, 'i')))[1] ?? '';
  return {
    server,
    trainee: await ServerClient.fromLink(await linkOf('trainee')),
    instructor: await ServerClient.fromLink(await linkOf('instructor')),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
