import { parseArgs } from 'node:util';
import { z } from 'zod';

const optionsSchema = z.object({
  host: z.string().optional(),
  port: z.coerce.number().int().min(1).max(65_535).default(8080),
  documents: z.string().min(1).default('/documents'),
  index: z.string().min(1).default('/var/lib/retrieval/index.json'),
  build: z.enum(['missing', 'always', 'never']).default('missing'),
  embeddingUrl: z.url({ protocol: /^https?$/ }).optional(),
  embeddingModel: z.string().min(1).optional(),
  embeddingApiKey: z.string().optional(),
  chatUrl: z.url({ protocol: /^https?$/ }).optional(),
  chatModel: z.string().min(1).optional(),
  chatApiKey: z.string().optional(),
  /** Asked of everybody but probes and scrapes, where it is set. */
  apiKey: z.string().optional(),
});

export type RetrievalOptions = Readonly<z.output<typeof optionsSchema>>;

export class UsageError extends Error {}

const flags = ['host', 'port', 'documents', 'index', 'build', 'embedding-url', 'embedding-model', 'chat-url', 'chat-model'] as const;
/** Keys come through the environment alone, where a process list does not show them. */
const variables: Readonly<Record<string, string>> = {
  HOST: 'host',
  PORT: 'port',
  DOCUMENTS_DIR: 'documents',
  INDEX_PATH: 'index',
  BUILD_INDEX: 'build',
  EMBEDDING_URL: 'embeddingUrl',
  EMBEDDING_MODEL: 'embeddingModel',
  EMBEDDING_API_KEY: 'embeddingApiKey',
  CHAT_URL: 'chatUrl',
  CHAT_MODEL: 'chatModel',
  CHAT_API_KEY: 'chatApiKey',
  API_KEY: 'apiKey',
};

/** The command line before the environment; empty variables count as unset. Throws UsageError naming all that is wrong. */
export function readOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): RetrievalOptions {
  const given = Object.fromEntries(
    Object.entries(variables).flatMap(([variable, name]) =>
      env[variable] === undefined || env[variable] === '' ? [] : [[name, env[variable]]],
    ),
  );
  const parsed = optionsSchema.safeParse({ ...given, ...readFlags(argv) });
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map((issue) => `retrieval: ${issue.path.join('.')}: ${issue.message}`).join('\n'));
}

function readFlags(argv: readonly string[]): Readonly<Record<string, unknown>> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: Object.fromEntries(flags.map((flag) => [flag, { type: 'string' as const }])),
    });
    return Object.fromEntries(
      Object.entries(values).map(([flag, value]) => [flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
    );
  } catch (error) {
    throw new UsageError(`retrieval: ${error instanceof Error ? error.message : String(error)}`);
  }
}
