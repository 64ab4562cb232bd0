import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { stateSchema, type GatewayState } from './records.ts';

/** The file is there and is not ours to read: starting without its keys would lock everybody out, and overwriting it would lose them. */
export class StateFileError extends Error {}

/** Reads the state; undefined when there is none yet. Throws StateFileError. */
export function readStateFile(file: string): GatewayState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw new StateFileError(
      `${file} holds no state of this gateway: ${why}. Move it away to begin with no keys, or put a good copy in its place.`,
    );
  }
}

/** Replaces the file in one step, readable by its owner only. Throws StateFileError. */
export function writeStateFile(file: string, state: GatewayState): void {
  const draft = `${file}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const handle = openSync(draft, 'w', 0o600);
    try {
      writeSync(handle, JSON.stringify(state));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } catch (error) {
    throw new StateFileError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
