/** What the stressor is told, as JSON in its first argument. */
export interface StressOrder {
  readonly memoryBytes: number;
  readonly cpuWorkers: number;
  /** Of a CPU, for each worker: 0 to 1. */
  readonly cpuLoad: number;
}

/**
 * Run by `node -e` in the container that is stressed, as every image of the catalogue has Node. It ends with its standard input, so that nothing
 * outlives the control plane that ordered it. Memory is touched, chunk by chunk, so that it counts.
 */
export const stressProgram = `
const { Worker } = require('node:worker_threads');
const { memoryBytes, cpuWorkers, cpuLoad } = JSON.parse(process.argv[1]);
process.stdin.resume().on('end', () => process.exit(0)).on('error', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
process.stdout.write('started\\n');
const SLICE_MS = 100;
const burn = 'const { workerData } = require("node:worker_threads");' +
  'const rest = new Int32Array(new SharedArrayBuffer(4));' +
  'for (;;) { const until = performance.now() + ' + SLICE_MS + ' * workerData;' +
  'while (performance.now() < until);' +
  'if (workerData < 1) Atomics.wait(rest, 0, 0, ' + SLICE_MS + ' * (1 - workerData)); }';
for (let i = 0; i < cpuWorkers; i += 1) new Worker(burn, { eval: true, workerData: cpuLoad });
const CHUNK = 8 * 1048576;
const held = [];
let left = memoryBytes;
const take = () => {
  if (left <= 0) return;
  const size = Math.min(CHUNK, left);
  held.push(Buffer.alloc(size, 1));
  left -= size;
  setImmediate(take);
};
take();
setInterval(() => held.length, 60000);
`;
