import { describe, expect, test } from 'vitest';
import { startErrorMessage, toContainerState } from './container-state.ts';

const created = new Date('2026-01-01T00:00:00Z');
const never = '0001-01-01T00:00:00Z';
const ended = {
  Status: 'exited',
  Running: false,
  OOMKilled: false,
  Pid: 0,
  ExitCode: 0,
  Error: '',
  StartedAt: '2026-01-01T00:00:01Z',
  FinishedAt: '2026-01-01T00:00:02Z',
};

describe('a container’s state', () => {
  test.each([
    [{ ExitCode: 137, OOMKilled: true }, false, true],
    [{ ExitCode: 137, OOMKilled: false }, true, true],
    [{ ExitCode: 137, OOMKilled: false }, false, false],
    [{ ExitCode: 0, OOMKilled: true }, true, false],
    [{ ExitCode: 1, OOMKilled: true }, true, false],
  ])('%j with an OOM event %s is OOM-killed: %s', (state, oomSeen, oomKilled) => {
    expect(toContainerState({ ...ended, ...state }, created, oomSeen)).toMatchObject({
      kind: 'exited',
      oomKilled,
      exitCode: state.ExitCode,
    });
  });

  test('never ends before it starts, though the engine’s stamps may say so', () => {
    const [StartedAt, FinishedAt] = ['2026-01-01T00:00:02.001Z', '2026-01-01T00:00:02.000Z'];
    const state = toContainerState({ ...ended, StartedAt, FinishedAt }, created, false);
    expect(state).toMatchObject({ startedAt: new Date(StartedAt), finishedAt: new Date(StartedAt) });
  });

  test('is running with its process id, also while paused', () => {
    for (const Status of ['running', 'paused']) {
      expect(toContainerState({ ...ended, Status, Running: true, Pid: 7 }, created, false)).toEqual({
        kind: 'running',
        pid: 7,
        startedAt: new Date(ended.StartedAt),
      });
    }
  });

  test('is created before its start, and exited with 128 after one that failed', () => {
    const state = { ...ended, Status: 'created', StartedAt: never, FinishedAt: never, ExitCode: 127 };
    expect(toContainerState({ ...state, ExitCode: 0 }, created, false)).toEqual({ kind: 'created' });
    const Error =
      'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "x": executable file not found in $PATH: unknown';
    expect(toContainerState({ ...state, Error }, created, false)).toMatchObject({
      kind: 'exited',
      exitCode: 128,
      startedAt: created,
      finishedAt: created,
    });
  });

  test.each([
    'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "x": not found: unknown',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": not found: unknown',
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": not found: unknown',
  ])('reads alike whichever engine said it: %s', (error) => {
    expect(startErrorMessage(error)).toBe(
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": not found: unknown',
    );
  });
});
