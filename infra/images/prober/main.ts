import { probeOrderSchema, type ProbeReport, type ProbeResult } from './protocol.ts';
import { makeRequest } from './request.ts';

const MAX_ORDER_BYTES = 4 * 1_048_576;

/** Does nothing until told to end: the container that `run` is executed in. */
function idle(): void {
  const keepAlive = setInterval(() => {}, 2 ** 30);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => clearInterval(keepAlive));
}

async function readOrder(): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ORDER_BYTES) throw new Error(`the order is larger than ${MAX_ORDER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function run(): Promise<void> {
  const { concurrency, requests } = probeOrderSchema.parse(await readOrder());
  const startedAt = new Date().toISOString();
  const results: ProbeResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const request = requests[index];
      if (request !== undefined) results[index] = await makeRequest(request);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, worker));
  const report: ProbeReport = { startedAt, results };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const commands: Readonly<Record<string, () => void | Promise<void>>> = { idle, run };
const command = commands[process.argv[2] ?? 'idle'];
if (command === undefined) {
  process.stderr.write('usage: prober idle | run < ORDER.json\n');
  process.exit(2);
}
Promise.resolve(command()).catch((error: unknown) => {
  process.stderr.write(`prober: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
