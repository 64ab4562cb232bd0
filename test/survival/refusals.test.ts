import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { catalogueSchema } from '../../server/contract/labs.ts';
import { startServerProcess } from '../support/server-process.ts';
import { ServerClient } from '../support/server-client.ts';
import { makeDataFolder } from './data-folder.ts';

describe('a server that cannot start', () => {
  it('because another has its data or its port says which and what to do; the other goes on, and ends with 0 when it is asked to', async () => {
    await using data = await makeDataFolder();
    await using other = await makeDataFolder();
    await using first = await startServerProcess({ dataDir: data.dir, runtime: 'process' });
    const { port } = new URL(first.url);
    const sameData = await startServerProcess({ dataDir: data.dir, runtime: 'process', expectFailure: true });
    const samePort = await startServerProcess({ dataDir: other.dir, runtime: 'process', port: Number(port), expectFailure: true });
    await sameData.waitForOutput(new RegExp(`Another Drillhouse server \\(process ${first.pid}\\) uses the data folder .*DATA_DIR`));
    await samePort.waitForOutput(/Port \d+ on 127\.0\.0\.1 is taken\. .*PORT=\d+ npm start/);
    expect([await sameData.exited(), await samePort.exited()]).toEqual([1, 1]);
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    expect(await first.stop()).toBe(0);
  });

  it('with a configuration that is wrong says all that is wrong', async () => {
    await using data = await makeDataFolder();
    const server = await startServerProcess({
      dataDir: data.dir,
      runtime: 'process',
      env: { CAPACITY: 'many', LOG_LEVEL: 'loud' },
      expectFailure: true,
    });
    await server.waitForOutput(/CAPACITY: .*\n.*LOG_LEVEL: /);
    expect(await server.exited()).toBe(1);
  });
});

describe('a lab that does not load', () => {
  it('is named with file and line, and the rest of the catalogue is there', async () => {
    await using data = await makeDataFolder();
    const labs = path.join(data.dir, 'labs');
    await mkdir(path.join(labs, 'broken'), { recursive: true });
    await cp(path.join(projectRoot, 'labs', 'endpoint'), path.join(labs, 'endpoint'), { recursive: true });
    const good = await readFile(path.join(labs, 'endpoint', 'lab.yaml'), 'utf8');
    await writeFile(path.join(labs, 'broken', 'lab.yaml'), good.replace(/^title:/m, 'titel:'));
    await using server = await startServerProcess({
      dataDir: path.join(data.dir, 'data'),
      runtime: 'process',
      args: ['--demo'],
      env: { LABS_DIRS: labs },
    });
    const catalogueOf = async (role: string): Promise<ReturnType<typeof catalogueSchema.parse>> => {
      const [, link = ''] = await server.waitForOutput(new RegExp(`${role} +(http\\S+/welcome/\\S+)`));
      return catalogueSchema.parse(await (await ServerClient.fromLink(link)).request('GET', '/api/labs'));
    };
    const seen = await catalogueOf('instructor');
    expect(seen.labs.map((lab) => lab.slug)).toEqual(['endpoint']);
    const line = 1 + good.split('\n').findIndex((text) => text.startsWith('title:'));
    expect(seen.problems).toContainEqual(
      expect.objectContaining({ file: 'broken/lab.yaml', line, message: expect.stringContaining('titel') }),
    );
    expect((await catalogueOf('trainee')).problems).toEqual([]);
    expect(server.output()).toContain('titel');
  });
});
