import { readFileSync } from 'node:fs';
import type { Clock } from '../../../cluster/meta/clock.ts';
import type { Environment } from './findings.ts';
import { readConfig, type ConfigReading } from './read-config.ts';

const POLL_MS = 1_000;
const MAX_CONFIG_BYTES = 1_048_576;

/** The file cannot be had. */
export class ConfigFileError extends Error {}

/** Throws ConfigFileError with what to do about it. */
export function readConfigFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(error);
    throw new ConfigFileError(
      `${file}: cannot be read: ${why}. Mount the configuration there, e.g. from a ConfigMap, or name another with --config.`,
      { cause: error },
    );
  }
  if (bytes.byteLength > MAX_CONFIG_BYTES) throw new ConfigFileError(`${file}: is larger than ${MAX_CONFIG_BYTES} bytes.`);
  return bytes.toString('utf8');
}

export interface ConfigWatchOptions {
  readonly file: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** What is in force: nothing is reported until the text is another. */
  readonly text: string;
  readonly onReading: (reading: ConfigReading | { readonly kind: 'missing'; readonly message: string }) => void;
}

/**
 * Reads the file every second and reports each change of its text once. By content, because a ConfigMap is exchanged by turning a symbolic link,
 * which file watches do not see alike on all systems.
 */
export class ConfigWatch implements Disposable {
  readonly #options: ConfigWatchOptions;
  #text: string | undefined;
  #timer: Disposable;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#text = options.text;
    this.#timer = this.#next();
  }

  /** Reads at once, changed or not. */
  reload(): void {
    this.#text = undefined;
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #next(): Disposable {
    return this.#options.clock.after(POLL_MS, () => {
      this.#look();
      this.#timer = this.#next();
    });
  }

  #look(): void {
    const { file, env, onReading } = this.#options;
    try {
      const text = readConfigFile(file);
      if (text === this.#text) return;
      this.#text = text;
      onReading(readConfig(text, env));
    } catch (error) {
      if (!(error instanceof ConfigFileError)) throw error;
      if (this.#text === '') return;
      this.#text = '';
      onReading({ kind: 'missing', message: error.message });
    }
  }
}
