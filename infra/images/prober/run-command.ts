import { createInterface } from 'node:readline';
import { z } from 'zod';
import { probeOrderSchema, type ProbeAnswer, type ProbeResult } from './protocol.ts';
import { makeRequest } from './request.ts';

const MAX_ORDER_BYTES = 4 * 1_048_576;
/** Orders under way at once; a grader that sends more is told so. */
const MAX_ORDERS = 16;

type Order = z.output<typeof probeOrderSchema>;

/** Carries out every order that comes as a line on stdin, side by side, and answers each with a line; ends when stdin has ended and all are answered. */
export async function run(): Promise<void> {
  const answering = new Set<Promise<void>>();
  let bytes = 0;
  process.stdin.on('data', (chunk: Buffer) => {
    const lineEnd = chunk.lastIndexOf(0x0a);
    bytes = lineEnd < 0 ? bytes + chunk.byteLength : chunk.byteLength - lineEnd - 1;
    if (bytes <= MAX_ORDER_BYTES) return;
    process.stderr.write(`prober: the order is larger than ${MAX_ORDER_BYTES} bytes\n`);
    process.exit(1);
  });
  for await (const line of createInterface({ input: process.stdin })) {
    const isFull = answering.size >= MAX_ORDERS;
    const answer = (isFull ? Promise.reject(new Error(`${MAX_ORDERS} orders are under way already`)) : carryOut(line))
      .catch((error: unknown): ProbeAnswer => ({ id: idOf(line), error: error instanceof Error ? error.message : String(error) }))
      .then((told) => void process.stdout.write(`${JSON.stringify(told)}\n`));
    answering.add(answer);
    void answer.finally(() => answering.delete(answer));
  }
  await Promise.all(answering);
}

async function carryOut(line: string): Promise<ProbeAnswer> {
  const order = probeOrderSchema.parse(JSON.parse(line));
  const startedAt = new Date().toISOString();
  return { id: order.id, report: { startedAt, results: await probeAll(order) } };
}

async function probeAll({ concurrency, requests }: Order): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const request = requests[index];
      if (request !== undefined) results[index] = await makeRequest(request);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, worker));
  return results;
}

const named = z.object({ id: z.int() });

/** Of an order that cannot be read, so that whoever waits for it learns why. */
function idOf(line: string): number {
  try {
    return named.safeParse(JSON.parse(line)).data?.id ?? 0;
  } catch {
    return 0;
  }
}
