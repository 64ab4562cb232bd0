import { describe, expect, it } from 'vitest';
import { soak } from '../bench/soak.ts';

const SIMULATED_MS = 15 * 60_000;

describe('a cluster that lives on', () => {
  it('holds no more memory, timers or sockets late than early, and none at its end', async () => {
    const report = await soak(SIMULATED_MS);
    expect(report.failures).toEqual([]);
    expect(report.requests).toBeGreaterThan(500);
    expect(report.podsRun).toBeGreaterThan(30);
    expect(report.lateHeapMb - report.earlyHeapMb, JSON.stringify(report)).toBeLessThan(8);
    const [earlyTimers, lateTimers] = report.timers;
    expect(lateTimers, JSON.stringify(report)).toBeLessThanOrEqual(earlyTimers + 3);
    expect(report.leftTimers).toEqual([]);
    const [earlySockets, lateSockets, socketsAfter] = report.sockets;
    expect(lateSockets).toBeLessThanOrEqual(earlySockets + 2);
    expect(socketsAfter).toBe(0);
  }, 120_000);
});
