import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

describe('the configuration', () => {
  it('has defaults for everything, with empty variables as unset', () => {
    const config = readConfig({ PORT: '', CAPACITY: '' }, [], '/labs');
    expect(config).toMatchObject({
      port: 7070,
      host: '127.0.0.1',
      runtime: 'auto',
      databaseUrl: undefined,
      capacity: undefined,
      demo: false,
      labsDirs: ['/labs'],
    });
    expect(config.dataDir).toBe(path.resolve('.data'));
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('tells every problem at once, by its variable', () => {
    const wrong = {
      PORT: '99999',
      RUNTIME: 'podman',
      DATABASE_URL: 'mysql://x',
      PUBLIC_URL: 'ftp://x',
      CAPACITY: '0',
      LOG_LEVEL: 'loud',
      DOCKER_RUNTIME: 'x',
      SUBSTRATE: 'mesos',
    };
    const error = (() => {
      try {
        return readConfig(wrong, ['--frob'], '');
      } catch (thrown) {
        return thrown as ConfigError;
      }
    })();
    expect(error).toBeInstanceOf(ConfigError);
    for (const name of [...Object.keys(wrong), '--frob']) expect((error as ConfigError).message).toContain(`- ${name}:`);
  });

  it('takes several folders of labs, and a public address without its slash', () => {
    expect(readConfig({ LABS_DIRS: '/a:/b', PUBLIC_URL: 'https://x.example/' }, ['--demo'], '')).toMatchObject({
      labsDirs: ['/a', '/b'],
      publicUrl: 'https://x.example',
      demo: true,
    });
  });

  it.each([
    [{ SUBSTRATE: 'kubernetes' }, 'SUBSTRATE=kubernetes needs the path of a YAML file'],
    [{ KUBERNETES_CLUSTERS: 'clusters.yaml' }, 'is only read with SUBSTRATE=kubernetes'],
    [{ REDIS_URL: 'redis://localhost', SUBSTRATE: 'kubernetes', KUBERNETES_CLUSTERS: 'x' }, 'which need one PostgreSQL together'],
    [{ REDIS_URL: 'redis://localhost', DATABASE_URL: 'postgres://x/y' }, 'an embedded sandbox is in the reach of one process only'],
    [{ REDIS_URL: 'http://localhost' }, 'REDIS_URL must look like redis://'],
  ])('refuses %j, which would not do what it says', (environment, words) => {
    expect(() => readConfig(environment, [], '')).toThrow(words);
  });

  it('finds the file of clusters whatever folder it is started in', () => {
    const { clustersFile } = readConfig({ SUBSTRATE: 'kubernetes', KUBERNETES_CLUSTERS: 'clusters.yaml' }, [], '');
    expect(clustersFile).toBe(path.resolve('clusters.yaml'));
    expect(readConfig({}, [], '').clustersFile).toBeUndefined();
  });
});
