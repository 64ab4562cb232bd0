import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn, type IPty } from '@lydell/node-pty';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { endShellCommand, holdOutputCommand, KeeperFilter, keptShellCommand } from './shell-keeper.ts';

const dtach = ['/usr/bin/dtach', '/usr/local/bin/dtach'].find((file) => existsSync(file));
const shell = ['bash', '--norc', '-i'];

/** One connection to a kept shell, as an exec is one. */
class Connection {
  readonly #pty: IPty;
  readonly #filter = new KeeperFilter();
  output = '';
  ended = false;

  constructor(id: string, options: { readonly path?: string; readonly columns?: number } = {}) {
    const [file = '', ...args] = keptShellCommand(id, shell);
    this.#pty = spawn(file, args, {
      cols: options.columns ?? 100,
      rows: 30,
      encoding: null,
      env: { PATH: options.path ?? process.env.PATH ?? '', HOME: '/tmp', PS1: 'ready> ' },
    });
    this.#pty.onData((data: string | Buffer) => (this.output += this.#filter.push(Buffer.from(data as Buffer)).toString()));
    this.#pty.onExit(() => (this.ended = true));
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  /** Reads so many bytes, pauses, and goes on, as flow control does; counts the letters x. */
  countInFits(bytesAtOnce: number): { xs: () => number; text: () => string } {
    let count = 0;
    let sincePause = 0;
    let tail = '';
    this.#pty.onData((data: string | Buffer) => {
      const bytes = Buffer.from(data as Buffer);
      for (const byte of bytes) if (byte === 0x78) count += 1;
      tail = (tail + bytes.toString('latin1')).slice(-1_000);
      sincePause += bytes.length;
      if (sincePause < bytesAtOnce) return;
      sincePause = 0;
      this.#pty.pause();
      setTimeout(() => this.#pty.resume(), 10);
    });
    return { xs: () => count, text: () => tail };
  }

  /** As the end of an exec does: the connection's process, its descendants and its terminal go. */
  cut(): void {
    this.#pty.kill('SIGKILL');
  }

  /** Resolves when it has said nothing for a while. */
  async silence(): Promise<void> {
    for (let length = -1; length !== this.output.length;) {
      length = this.output.length;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  says(text: string): Promise<true> {
    return eventually(`"${text}"`, () => this.output.includes(text) || undefined);
  }
}

const ids: string[] = [];
const newTerminal = (): string => {
  const id = `test-${process.pid}-${ids.length}`;
  ids.push(id);
  return id;
};
const run = ([file = '', ...args]: readonly string[]): void => {
  execFileSync(file, args);
};
const end = (id: string): void => run(endShellCommand(id));
const hold = (id: string): void => run(holdOutputCommand(id));
afterEach(() => {
  for (const id of ids.splice(0)) {
    try {
      end(id);
    } catch {
      // It has ended by itself.
    }
  }
});

/** In CI the keeper must be there: `npm run setup` installs it. */
describe.skipIf(dtach === undefined && process.env.CI !== 'true')('a kept shell', () => {
  it('begins with its prompt and the size of who attached', async () => {
    const connection = new Connection(newTerminal(), { columns: 87 });
    await connection.says('ready> ');
    connection.type('stty size; echo "$TERM"\r');
    await connection.says('30 87');
    await connection.says('xterm-256color');
  });

  it('outlives its connection with all that it knows, and is not cleared on the way back', async () => {
    const id = newTerminal();
    const first = new Connection(id);
    await first.says('ready> ');
    first.type('secret=42\r');
    await eventually('the second prompt', () => first.output.split('ready> ').length > 2);
    first.cut();
    await eventually('the end of the connection', () => first.ended);
    const second = new Connection(id, { columns: 64 });
    second.type('echo "the answer is $secret"; stty size\r');
    await second.says('the answer is 42');
    await second.says('30 64');
    expect(second.output).not.toContain('\u001b[H\u001b[J');
  });

  it('loses nothing of what it says between two connections when its output is held', async () => {
    const id = newTerminal();
    const first = new Connection(id);
    await first.says('ready> ');
    first.type('for ((i = 1; i <= 100000; i++)); do echo "line $i."; done; echo "at the ""end"\r');
    await first.says('line 1.');
    hold(id);
    await first.silence();
    first.cut();
    await eventually('the end of the connection', () => first.ended);
    const second = new Connection(id);
    await eventually('the end', () => second.output.includes('at the end') || undefined, 60_000);
    expect(first.output).not.toContain('line 100000.');
    const said = [...(first.output + second.output).matchAll(/line (\d+)\.\r\n/g)].map(([, number]) => Number(number));
    expect(said).toEqual(Array.from({ length: 100_000 }, (_, index) => index + 1));
    second.type('echo on it goes\r');
    await second.says('on it goes\r\n');
  });

  it('can be ended while its output is held', async () => {
    const id = newTerminal();
    const connection = new Connection(id);
    await connection.says('ready> ');
    hold(id);
    end(id);
    await eventually('the end', () => connection.ended);
    expect(() => {
      hold(id);
    }).toThrow();
  });

  it('ends its connection when it ends by itself, and a new one begins a new shell', async () => {
    const id = newTerminal();
    const first = new Connection(id);
    await first.says('ready> ');
    first.type('gone=1; exit\r');
    await eventually('the end', () => first.ended);
    expect(first.output).not.toContain('EOF - dtach');
    const second = new Connection(id);
    await second.says('ready> ');
    second.type('echo "gone is <$gone>"\r');
    await second.says('gone is <>');
  });

  it('can be ended while nobody is connected', async () => {
    const id = newTerminal();
    const first = new Connection(id);
    await first.says('ready> ');
    first.type('echo "pid $$."\r');
    await first.says('pid ');
    const pid = Number(await eventually('the pid', () => /pid (\d+)\./.exec(first.output)?.[1]));
    first.cut();
    await eventually('the end of the connection', () => first.ended);
    process.kill(pid, 0);
    end(id);
    await eventually('the end of the shell', () => !existsSync(`/proc/${pid}`));
  });

  it('gives all of a flood to the newest connection, read in fits and starts, though an older one was never closed', async () => {
    const id = newTerminal();
    const old = new Connection(id);
    await old.says('ready> ');
    const connection = new Connection(id);
    await eventually('the end of the older', () => old.ended);
    const received = connection.countInFits(300_000);
    connection.type('stty -echo; head -c 20000000 /dev/zero | tr "\\0" "\\170" | fold -w 99; echo "the ""end"\r');
    await eventually('the end', () => received.text().includes('the end\r\n'), 60_000);
    expect(received.xs()).toBe(20_000_000);
  });

  it('leaves Ctrl-\\ and Ctrl-Z to the programs', async () => {
    const connection = new Connection(newTerminal());
    await connection.says('ready> ');
    connection.type('sleep 100\r');
    await eventually('the echo', () => connection.output.includes('sleep 100'));
    connection.type('\u001a');
    await connection.says('Stopped');
    expect(connection.ended).toBe(false);
    connection.type('kill %1\r');
  });
});

describe('without a keeper', () => {
  it('the shell runs bare, and can be ended', async () => {
    const bin = mkdtempSync(path.join(tmpdir(), 'drillhouse-bin-'));
    for (const name of ['sh', 'bash']) symlinkSync(`/bin/${name}`, path.join(bin, name));
    const id = newTerminal();
    const connection = new Connection(id, { path: bin });
    await connection.says('ready> ');
    end(id);
    await eventually('the end', () => connection.ended);
    rmSync(bin, { recursive: true });
  });
});
