import { spawn, type IPty } from '@lydell/node-pty';
import type { ShellConnector } from '../terminals/shell.ts';

/** Real shells of this machine in place of execs into workspaces, one folder a sandbox: for working on the pages only. */
export function createLocalShells(folderOf: (attemptId: string) => string): ShellConnector {
  const running = new Map<string, IPty>();
  return {
    async open({ attemptId, terminalId }, size, handlers) {
      const pty = spawn('bash', ['--norc', '-i'], {
        name: 'xterm-256color',
        cols: size.columns,
        rows: size.rows,
        cwd: folderOf(attemptId),
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folderOf(attemptId),
          TERM: 'xterm-256color',
          PS1: '\\[\\e[32m\\]trainee@workspace\\[\\e[0m\\]:\\W$ ',
          LANG: 'C.UTF-8',
        },
        encoding: null,
      });
      running.set(terminalId, pty);
      let open = true;
      pty.onData((data: string | Buffer) => {
        if (open) handlers.onData(Buffer.from(data as Buffer));
      });
      pty.onExit(() => {
        running.delete(terminalId);
        if (open) handlers.onEnd({ kind: 'exited' });
      });
      return {
        write: (bytes) => pty.write(Buffer.from(bytes) as unknown as string),
        queuedBytes: 0,
        resize: ({ columns, rows }) => pty.resize(columns, rows),
        pause: () => pty.pause(),
        resume: () => pty.resume(),
        close: () => {
          open = false;
          pty.kill();
        },
      };
    },
    hold: () => Promise.reject(new Error('A shell of this machine ends with its connection.')),
    async end({ terminalId }) {
      running.get(terminalId)?.kill();
    },
  };
}
