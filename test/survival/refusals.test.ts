import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { catalogueSchema } from '../../server/contract/labs.ts';
import { startServerProcess } from '../support/server-process.ts';
import { ServerClient } from '../support/server-client.ts';
import { makeDataFolder } from './data-folder.ts';

describe('a server that cannot start', () => {
  it('on data another server uses says which and what to do, and the other goes on', async () => {
    await using data = await makeDataFolder();
    await using first = await startServerProcess({ dataDir: data.dir, runtime: 'process' });
    const second = await startServerProcess({ dataDir: data.dir, runtime: 'process', expectFailure: true });
    await second.waitForOutput(new RegExp(`Another Drillhouse server \\(process ${first.pid}\\) uses the data folder .*DATA_DIR`));
    expect(await second.exited()).toBe(1);
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
  });

  it('on a port that is taken says so and how to choose another', async () => {
    await using data = await makeDataFolder();
    await using other = await makeDataFolder();
    await using first = await startServerProcess({ dataDir: data.dir, runtime: 'process' });
    const second = await startServerProcess({
      dataDir: other.dir,
      runtime: 'process',
      port: Number(new URL(first.url).port),
      expectFailure: true,
    });
    await second.waitForOutput(/Port \d+ on 127\.0\.0\.1 is taken\. .*PORT=\d+ npm start/);
    expect(await second.exited()).toBe(1);
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

  it('ends with 0 when it is asked to stop', async () => {
    await using data = await makeDataFolder();
    const server = await startServerProcess({ dataDir: data.dir, runtime: 'process' });
    expect(await server.stop()).toBe(0);
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
