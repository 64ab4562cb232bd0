import { availableParallelism, cpus, loadavg } from 'node:os';

/** Programs that want a processor, for each that there is: past this they wait for each other, and whoever asks them waits too. */
const BUSY_PER_PROCESSOR = 3;
/** Of the processors' time: who leaves more of it unused lets nobody wait, whatever the minute before was like. */
const QUIET_IDLE_SHARE = 0.15;

/** Answers whether programs had to wait for this machine since it was asked to watch. On another machine than the sandbox's this says nothing, and then nothing is busy here. */
export function watchMachine(): () => boolean {
  const before = processorTimes();
  return () => isBusy({ load: loadavg()[0] ?? 0, processors: availableParallelism(), before, after: processorTimes() });
}

/** Milliseconds of all processors since the machine started. */
interface ProcessorTimes {
  readonly idle: number;
  readonly all: number;
}

/** `load` is the average number of programs that ran or wanted to over the last minute, `before` and `after` are around what was measured. Pure. */
export function isBusy(measured: {
  readonly load: number;
  readonly processors: number;
  readonly before: ProcessorTimes;
  readonly after: ProcessorTimes;
}): boolean {
  const { load, processors, before, after } = measured;
  const all = after.all - before.all;
  const isFull = all <= 0 || (after.idle - before.idle) / all < QUIET_IDLE_SHARE;
  return isFull && load > BUSY_PER_PROCESSOR * processors;
}

function processorTimes(): ProcessorTimes {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (pick: (each: (typeof times)[number]) => number): number => times.reduce((total, each) => total + pick(each), 0);
  return { idle: sum(({ idle }) => idle), all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq) };
}
