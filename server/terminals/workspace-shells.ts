import type { KubeConfig } from '@kubernetes/client-node';
import { openExec, runExec, type ExecTarget } from './kubernetes-exec.ts';
import type { ShellConnector } from './shell.ts';
import { endShellCommand, holdOutputCommand, KeeperFilter, keptShellCommand } from './shell-keeper.ts';

/** Where an attempt's shells run. */
export interface Workspace {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly shell: readonly string[];
}

const END_TIMEOUT_MS = 5_000;
/** The server is on its way out. */
const HOLD_TIMEOUT_MS = 2_000;

/** Shells in the workspace pods of attempts, kept there so that they survive a restart of this server. */
export function createWorkspaceShells(workspaceOf: (attemptId: string) => Promise<Workspace>): ShellConnector {
  return {
    async open({ attemptId, terminalId }, size, handlers, signal) {
      const workspace = await workspaceOf(attemptId);
      const filter = new KeeperFilter();
      const onData = (bytes: Uint8Array): void => {
        const shown = filter.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        if (shown.length > 0) handlers.onData(shown);
      };
      return openExec(targetIn(workspace, keptShellCommand(terminalId, workspace.shell)), size, { ...handlers, onData }, signal);
    },
    async hold({ attemptId, terminalId }) {
      const workspace = await workspaceOf(attemptId);
      await runExec(targetIn(workspace, holdOutputCommand(terminalId)), AbortSignal.timeout(HOLD_TIMEOUT_MS));
    },
    async end({ attemptId, terminalId }) {
      const workspace = await workspaceOf(attemptId);
      await runExec(targetIn(workspace, endShellCommand(terminalId)), AbortSignal.timeout(END_TIMEOUT_MS));
    },
  };
}

function targetIn({ kubeConfig, namespace, pod, container }: Workspace, command: readonly string[]): ExecTarget {
  return { kubeConfig, namespace, pod, container, command };
}
