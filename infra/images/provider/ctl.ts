import type { z } from 'zod';
import { callHttp, readJson } from '../serving/call-http.ts';
import { answerOrders } from '../serving/order-lines.ts';
import { controlCallSchema } from './control-protocol.ts';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1_048_576;

type Call = z.output<typeof controlCallSchema>;

/** Carries orders from stdin to the control port beside it, and tells what came back, until there will be no more. */
export function runControlOrders(port: number, mountedToken: string | undefined): Promise<void> {
  return answerOrders('provider', async (call) => carry(controlCallSchema.parse(call), port, mountedToken));
}

async function carry(call: Call, port: number, mountedToken: string | undefined): Promise<{ status: number; body: unknown }> {
  const token = call.token ?? mountedToken;
  if (token === undefined) throw new Error('the order brings no token, and the mounted file holds only the token’s hash');
  const [method, path, body] = requestOf(call.order);
  const response = await callHttp(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await readJson(response, MAX_ANSWER_BYTES) };
}

function requestOf(order: Call['order']): readonly [method: string, path: string, body?: unknown] {
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
