import path from 'node:path';
import { z } from 'zod';

const portSchema = z.coerce.number('PORT must be a number').int().min(0).max(65_535);

const environmentSchema = z.object({
  PORT: portSchema.default(7070),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'DATABASE_URL must look like postgres://user:password@host:5432/name' })
    .optional(),
  KEYS_SECRET: z.string().min(32, 'KEYS_SECRET must have at least 32 characters, such as those of: openssl rand -base64 32').optional(),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'REDIS_URL must look like redis://user:password@host:6379, or rediss:// over TLS' })
    .optional(),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'PUBLIC_URL must be the address people open, e.g. https://drillhouse.example.com' })
    .optional(),
  SUBSTRATE: z.enum(['embedded', 'kubernetes'], 'SUBSTRATE is embedded or kubernetes').default('embedded'),
  KUBERNETES_CLUSTERS: z.string().min(1).optional(),
  RUNTIME: z.enum(['auto', 'docker', 'process']).default('auto'),
  DOCKER_RUNTIME: z.enum(['runc', 'runsc'], 'DOCKER_RUNTIME is runc or runsc').optional(),
  CAPACITY: z.coerce.number().int().min(1).max(1000).optional(),
  LABS_DIRS: z.string().optional(),
  DRILLS_DIRS: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
});

export interface Config {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Absolute. Holds the database, recordings, clusters and the lock. */
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** How several servers of one database find each other; undefined: this server is alone. */
  readonly redisUrl: string | undefined;
  /** Under which servers that share the database keep the keys that sign badges in it; undefined: those are files in the data folder. */
  readonly keysSecret: string | undefined;
  /** Without a slash at its end; undefined: people open the address the server listens on. */
  readonly publicUrl: string | undefined;
  /** Absolute: the file that lists a company's own clusters for sandboxes; undefined: sandboxes are embedded clusters. */
  readonly clustersFile: string | undefined;
  readonly runtime: 'auto' | 'docker' | 'process';
  readonly dockerRuntime: 'runc' | 'runsc' | undefined;
  /** Sandboxes at once; undefined: what suits the machine's memory. */
  readonly capacity: number | undefined;
  readonly labsDirs: readonly string[];
  /** Folders of drill scripts; undefined: those that come with Drillhouse. */
  readonly drillsDirs: readonly string[] | undefined;
  readonly logLevel: string;
  /** How many proxies stand in front and may be believed about the client's address. */
  readonly trustedProxies: number;
  readonly demo: boolean;
}

/** Everything that is wrong with the environment, one line a problem. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Empty variables count as unset, as a compose file leaves them. Relative folders are below the working folder. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  defaultLabsDir: string,
): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  problems.push(...args.filter((arg) => arg !== '--demo').map((arg) => `${arg}: there is no such option (only --demo).`));
  const { SUBSTRATE: substrate = 'embedded', KUBERNETES_CLUSTERS: clustersFile } = given;
  if (substrate === 'kubernetes' && clustersFile === undefined)
    problems.push('KUBERNETES_CLUSTERS: SUBSTRATE=kubernetes needs the path of a YAML file that lists the clusters.');
  if (substrate !== 'kubernetes' && clustersFile !== undefined)
    problems.push('KUBERNETES_CLUSTERS: is only read with SUBSTRATE=kubernetes; set that, or leave this out.');
  if (given['REDIS_URL'] !== undefined) problems.push(...problemsOfSeveral(given));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const env = parsed.data;
  const labsDirs = foldersOf(env.LABS_DIRS) ?? [defaultLabsDir];
  return Object.freeze({
    port: env.PORT,
    host: env.HOST,
    dataDir: path.resolve(env.DATA_DIR),
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    keysSecret: env.KEYS_SECRET,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ''),
    clustersFile: env.KUBERNETES_CLUSTERS === undefined ? undefined : path.resolve(env.KUBERNETES_CLUSTERS),
    runtime: env.RUNTIME,
    dockerRuntime: env.DOCKER_RUNTIME,
    capacity: env.CAPACITY,
    labsDirs: labsDirs.map((dir) => path.resolve(dir)),
    drillsDirs: foldersOf(env.DRILLS_DIRS)?.map((dir) => path.resolve(dir)),
    logLevel: env.LOG_LEVEL,
    trustedProxies: env.TRUSTED_PROXIES,
    demo: args.includes('--demo'),
  });
}

/** Servers that share the work share its ground: what lies in one machine's memory or folders is in no other's reach. */
function problemsOfSeveral({ DATABASE_URL, KEYS_SECRET, SUBSTRATE }: Readonly<Record<string, string | undefined>>): string[] {
  return [
    ...(DATABASE_URL === undefined
      ? [
          'REDIS_URL: is for several servers, which need one PostgreSQL together; set DATABASE_URL, or leave this out for a server that is alone.',
        ]
      : []),
    ...(KEYS_SECRET === undefined
      ? ['KEYS_SECRET: with REDIS_URL the keys that sign badges are in the database, under this secret: openssl rand -base64 32']
      : []),
    ...(SUBSTRATE === 'kubernetes'
      ? []
      : [
          'REDIS_URL: is for several servers, and an embedded sandbox is in the reach of one process only; set SUBSTRATE=kubernetes, or leave this out for a server that is alone.',
        ]),
  ];
}

/** Several are divided as in PATH. */
function foldersOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(path.delimiter).filter((dir) => dir !== '');
}
