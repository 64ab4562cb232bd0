import type { Server } from 'node:http';
import { parseArgs } from 'node:util';
import { systemClock } from '../../cluster/meta/clock.ts';
import { log } from '../inference/log.ts';
import { drainServers, listen, portOf } from '../serving/lifecycle.ts';
import { StateFileError } from './access/state-file.ts';
import { ConfigFileError, ConfigWatch, readConfigFile } from './config/config-watch.ts';
import { formatNote, readConfig } from './config/read-config.ts';
import { Gateway } from './gateway.ts';
import { createGuardServer } from './guard-server.ts';
import { groupsOf, type GatewayConfig } from './config/gateway-config.ts';
import { createServer } from './http/server.ts';

const usage = `usage: gateway [--config FILE] [--port PORT] [--host HOST]
       gateway check [--config FILE]
       gateway guard [--port PORT] [--host HOST]

An AI gateway configured in LiteLLM proxy's format. \`check\` reads the configuration, says what is wrong with it and ends. \`guard\` serves the
Llama-Guard-style classifier alone.

  --config FILE   the configuration; default $CONFIG_FILE_PATH, or /etc/gateway/config.yaml
  --port PORT     default $PORT, or 4000
  --host HOST     the address to listen on; default all`;

/** Requests that run when SIGTERM comes get this long to end. */
const DRAIN_MS = 10_000;

/** Wrong usage: exit code 2. */
class UsageError extends Error {}
/** A configuration that cannot work: exit code 1, with what is wrong on standard error. */
class StartupError extends Error {}

interface Options {
  readonly command: 'serve' | 'check' | 'guard';
  readonly file: string;
  readonly port: number;
  readonly host: string | undefined;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.command === 'guard') {
    const server = await listen(createGuardServer(), options.port, options.host);
    log('info', 'guard listens', { port: portOf(server) });
    onSignals(() => drain([server], () => undefined));
    return;
  }
  const { config, text, warnings } = loadConfig(options.file);
  if (options.command === 'check') {
    process.stdout.write(`${options.file}: good, ${config.deployments.length} deployments in ${groupsOf(config).length} groups\n`);
    return;
  }
  await serve(options, config, text, warnings);
}

async function serve(options: Options, config: GatewayConfig, text: string, warnings: readonly string[]): Promise<void> {
  const gateway = new Gateway(config, warnings, { clock: systemClock, random: Math.random });
  const server = await listen(createServer(gateway), options.port, options.host);
  const watch = watchConfig(gateway, options.file, text);
  process.on('SIGHUP', () => watch.reload());
  onSignals(() => {
    gateway.draining = true;
    watch[Symbol.dispose]();
    return drain([server], () => gateway.keys.flush());
  });
  logConfig('gateway listens', gateway.config, { port: portOf(server) });
}

function watchConfig(gateway: Gateway, file: string, text: string): ConfigWatch {
  return new ConfigWatch({
    file,
    env: process.env,
    clock: systemClock,
    text,
    onReading: (reading) => {
      if (reading.kind === 'valid') {
        const warnings = reading.warnings.map((note) => formatNote(file, note));
        for (const warning of warnings) log('warning', warning);
        gateway.reconfigure(reading.config, warnings);
        logConfig('configuration reloaded', gateway.config, {});
        return;
      }
      const errors = reading.kind === 'missing' ? [reading.message] : reading.errors.map((note) => formatNote(file, note));
      gateway.reject(errors);
      for (const error of errors) log('error', error);
      log('error', 'the new configuration is broken; the old one stays in force', { file });
    },
  });
}

function loadConfig(file: string): { readonly config: GatewayConfig; readonly text: string; readonly warnings: readonly string[] } {
  const text = readConfigFile(file);
  const reading = readConfig(text, process.env);
  const warnings = reading.warnings.map((note) => formatNote(file, note));
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  if (reading.kind === 'invalid') {
    const errors = reading.errors.map((note) => `error: ${formatNote(file, note)}`);
    throw new StartupError(
      `${errors.join('\n')}\nThe gateway does not start: ${errors.length} error${errors.length === 1 ? '' : 's'} in ${file}.`,
    );
  }
  return { config: reading.config, text, warnings };
}

function logConfig(message: string, config: GatewayConfig, more: Readonly<Record<string, unknown>>): void {
  log('info', message, {
    ...more,
    models: groupsOf(config),
    deployments: config.deployments.length,
    routing: config.router.strategy,
    cache: config.cache?.mode ?? 'off',
    guardrails: config.guardrails.map(({ name }) => name),
    authentication: config.masterKey === undefined ? 'none' : 'keys',
    logPrompts: config.logPrompts,
  });
}

function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  if (values.help === true) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const command = positionals[0] ?? 'serve';
  if ((command !== 'serve' && command !== 'check' && command !== 'guard') || positionals.length > 1) throw new UsageError(usage);
  const port = values.port ?? process.env['PORT'] ?? '4000';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(`--port: \`${port}\` is no port; write a number up to 65535.`);
  return {
    command,
    file: values.config ?? process.env['CONFIG_FILE_PATH'] ?? '/etc/gateway/config.yaml',
    port: Number(port),
    host: values.host,
  };
}

function parse(argv: readonly string[]): {
  values: { config?: string | undefined; port?: string | undefined; host?: string | undefined; help?: boolean | undefined };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { config: { type: 'string' }, port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function onSignals(act: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void act());
}

async function drain(servers: readonly Server[], flush: () => void): Promise<void> {
  log('info', 'shutting down');
  await drainServers(servers, DRAIN_MS);
  flush();
  process.exit(0);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const isExplained = [UsageError, StartupError, ConfigFileError, StateFileError].some((kind) => error instanceof kind);
  process.stderr.write(`${isExplained || !(error instanceof Error) ? message : (error.stack ?? message)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
});
