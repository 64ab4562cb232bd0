import { controlOrderSchema, type ControlAnswer } from './control-protocol.ts';

const MAX_ORDER_BYTES = 1_048_576;
const TIMEOUT_MS = 10_000;

/** Carries one order from stdin to the control port beside it and prints what came back. */
export async function runControlOrder(port: number, mountedToken: string | undefined): Promise<void> {
  const order = controlOrderSchema.parse(JSON.parse(await readOrder()));
  const token = order.token ?? mountedToken;
  if (token === undefined) throw new Error('the order brings no token, and the mounted file holds only the token’s hash');
  const [method, path, body] = requestOf(order);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: ControlAnswer = { status: response.status, body: await response.json() };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function requestOf(order: ReturnType<typeof controlOrderSchema.parse>): readonly [method: string, path: string, body?: unknown] {
  switch (order.action) {
    case 'state':
      return ['GET', '/state'];
    case 'setFaults':
      return ['PUT', '/faults', order.faults];
    case 'patchFaults':
      return ['PATCH', '/faults', order.faults];
    case 'tryFaults':
      return ['PUT', `/trial?forMs=${order.forMs}`, order.faults];
    case 'clearFaults':
      return ['DELETE', '/faults'];
    case 'requests':
      return ['GET', `/requests?after=${order.after}&limit=${order.limit}`];
  }
}

async function readOrder(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ORDER_BYTES) throw new Error(`the order is larger than ${MAX_ORDER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
