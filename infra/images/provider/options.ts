import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { hashKey } from './keys.ts';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

const environmentSchema = z.object({
  PROVIDER_FACE: z.enum(['alpha', 'beta']),
  /** Address of the public and the management port. Absent: all. The control port is on loopback whatever this says. */
  HOST: z.string().min(1).optional(),
  PORT: port(8080),
  /** /healthz and /metrics, beside the API so that they answer while a fault has closed it. */
  MANAGEMENT_PORT: port(8081),
  CONTROL_PORT: port(9090),
  KEYS_FILE: z.string().default('/etc/provider/keys.json'),
  /** Where the faults that are set outlive the program. Absent: they end with it. */
  FAULTS_FILE: z.string().min(1).optional(),
  CONTROL_TOKEN_FILE: z.string().default('/etc/provider-control/token'),
  SEED: z.coerce.number().int().min(0).default(0),
});

export interface ProviderOptions {
  readonly face: 'alpha' | 'beta';
  readonly host: string | undefined;
  readonly port: number;
  readonly managementPort: number;
  readonly controlPort: number;
  readonly keysFile: string;
  readonly faultsFile: string | undefined;
  readonly controlToken: ControlToken;
  readonly seed: number;
}

export interface ControlToken {
  readonly hash: string;
  /** Absent when the file holds the hash alone, so that nobody in the container can use the port without bringing the token. */
  readonly plain: string | undefined;
}

export class OptionsError extends Error {}

/** Throws OptionsError with every problem at once. */
export function readOptions(env: Readonly<Record<string, string | undefined>>): ProviderOptions {
  const result = environmentSchema.safeParse(env);
  if (!result.success) throw new OptionsError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  const values = result.data;
  return {
    face: values.PROVIDER_FACE,
    host: values.HOST,
    port: values.PORT,
    managementPort: values.MANAGEMENT_PORT,
    controlPort: values.CONTROL_PORT,
    keysFile: values.KEYS_FILE,
    faultsFile: values.FAULTS_FILE,
    controlToken: readControlToken(values.CONTROL_TOKEN_FILE),
    seed: values.SEED,
  };
}

/** The file holds the token, or `sha256:` and its hash. */
function readControlToken(file: string): ControlToken {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new OptionsError(`CONTROL_TOKEN_FILE: ${error instanceof Error ? error.message : String(error)}`);
  }
  const hash = /^sha256:([0-9a-f]{64})$/.exec(text)?.[1];
  if (hash !== undefined) return { hash, plain: undefined };
  if (text.length < 16) throw new OptionsError('CONTROL_TOKEN_FILE: the token is shorter than 16 characters');
  return { hash: hashKey(text), plain: text };
}
