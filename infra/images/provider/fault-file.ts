import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { log } from '../inference/log.ts';
import { faultSetSchema, type FaultSet } from './faults.ts';

/** The faults that a former run of the program left; none where there is no file, or one that cannot be used. */
export function readFaultFile(file: string): FaultSet {
  try {
    return faultSetSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log('error', 'the kept faults cannot be used', { error: error instanceof Error ? error.message : String(error) });
    return {};
  }
}

/** Replaces the file as a whole: a program that is killed meanwhile finds the old faults or the new ones. */
export function writeFaultFile(file: string, faults: FaultSet): void {
  if (Object.keys(faults).length === 0) {
    rmSync(file, { force: true });
    return;
  }
  writeFileSync(`${file}.new`, JSON.stringify(faults), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
