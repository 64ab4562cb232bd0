import { describe, expect, it } from 'vitest';
import { parseMetrics } from './metrics-text.ts';

describe('Prometheus text', () => {
  it('becomes samples; comments, nonsense and values JSON cannot carry are left out', () => {
    const text = [
      '# HELP vllm:num_requests_running Running.',
      '# TYPE vllm:num_requests_running gauge',
      'vllm:num_requests_running{engine="0",model_name="small"} 3',
      'up 1 1700000000000',
      'esc{path="C:\\\\x",quote="a\\"b",line="a\\nb",comma="a,b}"} 2.5e-3',
      'bucket{le="+Inf"} 7',
      'nan NaN',
      'infinite +Inf',
      'broken{a="b" 1',
      'also broken{a=b} 1',
      '',
      'trailing{a="b",} 4',
    ].join('\n');
    expect(parseMetrics(text, 100)).toEqual([
      { name: 'vllm:num_requests_running', labels: { engine: '0', model_name: 'small' }, value: 3 },
      { name: 'up', labels: {}, value: 1 },
      { name: 'esc', labels: { path: 'C:\\x', quote: 'a"b', line: 'a\nb', comma: 'a,b}' }, value: 0.0025 },
      { name: 'bucket', labels: { le: '+Inf' }, value: 7 },
      { name: 'trailing', labels: { a: 'b' }, value: 4 },
    ]);
  });

  it('stops at the limit, and does not stall on what was made to stall it', () => {
    expect(parseMetrics('a 1\n'.repeat(100), 7)).toHaveLength(7);
    const startedMs = performance.now();
    parseMetrics(`a{${'x="y" ,'.repeat(20_000)}`, 10);
    parseMetrics(`a{x="${'\\'.repeat(100_000)}`, 10);
    parseMetrics(`a${' '.repeat(100_000)}x`, 10);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
