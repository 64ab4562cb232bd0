import { createInterface } from 'node:readline';
import { z } from 'zod';

const MAX_ORDER_BYTES = 4 * 1_048_576;
/** Orders under way at once; whoever sends more is told so. */
const MAX_ORDERS = 16;

const named = z.object({ id: z.int() });

/**
 * Carries out every order that comes as a line of JSON on stdin, side by side, and answers each with a line, in the order in which they are done:
 * `{"id", ...}` with what `carryOut` tells, or `{"id", "error"}`. Ends when stdin has ended and all are answered.
 */
export async function answerOrders(program: string, carryOut: (order: unknown) => Promise<object>): Promise<void> {
  const answering = new Set<Promise<void>>();
  let bytes = 0;
  process.stdin.on('data', (chunk: Buffer) => {
    const lineEnd = chunk.lastIndexOf(0x0a);
    bytes = lineEnd < 0 ? bytes + chunk.byteLength : chunk.byteLength - lineEnd - 1;
    if (bytes <= MAX_ORDER_BYTES) return;
    process.stderr.write(`${program}: the order is larger than ${MAX_ORDER_BYTES} bytes\n`);
    process.exit(1);
  });
  for await (const line of createInterface({ input: process.stdin })) {
    const isFull = answering.size >= MAX_ORDERS;
    const answer = (isFull ? Promise.reject(new Error(`${MAX_ORDERS} orders are under way already`)) : tell(line, carryOut))
      .catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }))
      .then((told) => void process.stdout.write(`${JSON.stringify({ id: idOf(line), ...told })}\n`));
    answering.add(answer);
    void answer.finally(() => answering.delete(answer));
  }
  await Promise.all(answering);
}

const tell = async (line: string, carryOut: (order: unknown) => Promise<object>): Promise<object> => carryOut(JSON.parse(line));

/** Also of an order that cannot be read, so that whoever waits for it learns why. */
function idOf(line: string): number {
  try {
    return named.safeParse(JSON.parse(line)).data?.id ?? 0;
  } catch {
    return 0;
  }
}
