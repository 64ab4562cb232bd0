import { availableParallelism, loadavg } from 'node:os';

/** Programs that want a processor, for each that there is: past this they wait for each other, and whoever asks them waits too. */
const BUSY_PER_PROCESSOR = 3;

/** Over the last minute. On another machine than the sandbox's this says nothing, and then nothing is busy here. */
export function isMachineBusy(): boolean {
  return (loadavg()[0] ?? 0) > BUSY_PER_PROCESSOR * availableParallelism();
}
