import type { z } from 'zod';
import { answerOrders } from '../serving/order-lines.ts';
import { probeOrderSchema, type ProbeReport, type ProbeResult } from './protocol.ts';
import { makeRequest } from './request.ts';

type Order = z.output<typeof probeOrderSchema>;

/** Carries out the grader's orders (protocol.ts) until there will be no more. */
export function run(): Promise<void> {
  return answerOrders('prober', async (order) => ({ report: await carryOut(probeOrderSchema.parse(order)) }));
}

async function carryOut(order: Order): Promise<ProbeReport> {
  const startedAt = new Date().toISOString();
  return { startedAt, results: await probeAll(order) };
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
