import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { readConfig } from '../../server/config.ts';

interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string | number | null>>;
  readonly volumes: readonly string[];
  readonly network_mode: string;
  readonly privileged?: boolean;
  readonly ports?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
}
interface ComposeFile {
  readonly services: Readonly<Record<'server' | 'postgres', Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const read = (name: string): string => readFileSync(path.join(projectRoot, 'infra/deploy', name), 'utf8');
const variables = {
  DRILLHOUSE_DATA: '/srv/drillhouse',
  DRILLHOUSE_DATABASE_PASSWORD: 'abc123',
  DRILLHOUSE_PUBLIC_URL: 'https://a.example',
};

/** As Compose fills in what comes from `.env`; what is demanded and missing is thrown in its own words. */
function fillIn(text: string, given: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}/g, (_all, name: string, how?: string, rest = '') => {
    const value = given[name] ?? '';
    if (value === '' && how === ':?') throw new Error(rest as string);
    return value === '' && how === ':-' ? (rest as string) : value;
  });
}

const compose = (given: Readonly<Record<string, string | undefined>> = variables): ComposeFile =>
  parse(fillIn(read('compose.yaml'), given)) as ComposeFile;

describe('the compose file', () => {
  it('gives the server a configuration that it takes, and a database that no network reaches', () => {
    const { server, postgres } = compose().services;
    const environment = Object.fromEntries(Object.entries(server.environment).map(([name, value]) => [name, String(value ?? '')]));
    const config = readConfig(environment, [], '/labs');
    expect(config).toMatchObject({ runtime: 'docker', host: '127.0.0.1', dataDir: '/srv/drillhouse', publicUrl: 'https://a.example' });
    expect(new pg.Client({ connectionString: config.databaseUrl ?? '' })).toMatchObject({
      host: '/run/postgresql',
      user: postgres.environment.POSTGRES_USER,
      password: postgres.environment.POSTGRES_PASSWORD,
      database: postgres.environment.POSTGRES_DB,
    });
    expect(postgres.network_mode).toBe('none');
    expect(server.healthcheck.test.at(-1)).toBe('http://127.0.0.1:7070/healthz');
  });

  it('mounts the data where the engine finds them too, and nothing else of the machine but the engine’s socket', () => {
    const { services, volumes } = compose();
    const mounts = Object.values(services).flatMap((service) => service.volumes.map((mount) => mount.split(':')));
    const ofMachine = mounts.filter(([source = '']) => source.startsWith('/'));
    expect(ofMachine).toEqual([
      ['/srv/drillhouse', '/srv/drillhouse'],
      ['/var/run/docker.sock', '/var/run/docker.sock'],
    ]);
    const named = new Set(mounts.map(([source = '']) => source).filter((source) => !source.startsWith('/')));
    expect([...named].sort()).toEqual(Object.keys(volumes).sort());
  });

  it('takes every right away that is not used', () => {
    for (const service of Object.values(compose().services)) {
      expect(service.privileged).toBeUndefined();
      expect(service.ports).toBeUndefined();
    }
    expect(compose().services.server).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], read_only: true });
  });

  it('starts the version that it lies beside', () => {
    const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string };
    expect(compose().services.server.image).toBe(`drillhouse/server:${version}`);
    const chart = parse(read('chart/Chart.yaml')) as { readonly appVersion: string };
    expect(chart.appVersion).toBe(version);
  });

  it.each(['DRILLHOUSE_DATA', 'DRILLHOUSE_DATABASE_PASSWORD'])('says what to set when %s is missing, and the example has it', (name) => {
    expect(() => compose({ ...variables, [name]: undefined })).toThrow(`set ${name}`);
    expect(read('compose.env.example')).toMatch(new RegExp(`^${name}=`, 'm'));
  });
});
