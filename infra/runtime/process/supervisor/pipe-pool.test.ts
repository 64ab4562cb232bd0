import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { PipePool, pipeScripts, release } from './pipe-pool.ts';

describe.each(Object.keys(pipeScripts) as (keyof typeof pipeScripts)[])('pipes made by a shell (%s)', (way) => {
  const pool = new PipePool(way);
  afterEach(() => pool[Symbol.dispose]());

  async function run(script: string, input: string): Promise<string> {
    const [stdin, stdout] = [await pool.toChild(), await pool.fromChild()];
    const child = spawn('/bin/sh', ['-c', script], { stdio: [stdin.childFd, stdout.childFd, 'ignore'] });
    release(stdin);
    release(stdout);
    stdin.stream.end(input);
    const chunks: Buffer[] = [];
    for await (const chunk of stdout.stream as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(child.exitCode ?? 0).toBe(0);
    return Buffer.concat(chunks).toString();
  }

  it('carry more than they hold', async () => {
    const input = 'x'.repeat(1_000_000);
    expect(await run('cat', input)).toBe(input);
  });

  it('can be opened again by the child, even when the writer has gone', async () => {
    expect(await run('sleep 0.05; cat /dev/stdin; echo again > /dev/stdout', 'in\n')).toBe('in\nagain\n');
  });

  it('are a new one each time, more than one batch of them', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => run('cat', String(at))));
    expect(all).toEqual(Array.from({ length: 20 }, (_, at) => String(at)));
  });
});
