import { expect, test } from 'vitest';
import { delaysTo, planDelays } from './delay-rules.ts';

const latency = (ms: number, jitterMs = 0) => ({ kind: 'latency' as const, ms, jitterMs });

test('the way to a pod is as long as those who send to it are slowed, and unknown senders are none', () => {
  const traffic = [
    {
      podUid: 'a',
      faults: [
        { to: ['10.0.0.9', '10.0.0.8'], port: 80, effect: latency(5) },
        { to: ['10.0.0.9'], effect: { kind: 'partition' as const } },
      ],
    },
    { podUid: 'b', faults: [{ to: ['10.0.0.8'], effect: latency(6) }] },
    { podUid: 'gone', faults: [{ to: ['10.0.0.9'], effect: latency(7) }] },
  ];
  const ipOf = (uid: string) => ({ a: '10.0.0.1', b: '10.0.0.2' })[uid];
  expect(delaysTo('10.0.0.9', traffic, ipOf)).toEqual([{ from: '10.0.0.1', port: 80, effect: latency(5) }]);
});

test('nothing is held back without a latency', () => {
  expect(planDelays([])).toEqual({ rules: '*mangle\nCOMMIT\n', queues: '' });
});

test('a port is one at either end, and equal times share a queue', () => {
  const plan = planDelays([
    { from: '10.0.0.2', effect: latency(100, 10) },
    { from: '10.0.0.4', port: 80, effect: latency(100, 10) },
    { from: '10.0.0.5', effect: latency(1e9, -1) },
  ]);
  expect(plan.queues).toBe('0:100:10 1:60000:0');
  expect(plan.rules.split('\n')).toEqual([
    '*mangle',
    '-A PREROUTING -s 10.0.0.2 -j NFQUEUE --queue-num 0 --queue-bypass',
    '-A PREROUTING -s 10.0.0.4 -p tcp --dport 80 -j NFQUEUE --queue-num 0 --queue-bypass',
    '-A PREROUTING -s 10.0.0.4 -p tcp --sport 80 -j NFQUEUE --queue-num 0 --queue-bypass',
    '-A PREROUTING -s 10.0.0.5 -j NFQUEUE --queue-num 1 --queue-bypass',
    'COMMIT',
    '',
  ]);
});
