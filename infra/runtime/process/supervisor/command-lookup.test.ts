import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kindBelow, planCommandRefusal, resolveBelow, type FileKind } from './command-lookup.ts';

describe('why a command does not start', () => {
  const files: Readonly<Record<string, FileKind>> = {
    '/bin/sh': 'executable',
    '/work/run.sh': 'executable',
    '/work/data': 'not-executable',
    '/work': 'folder',
  };
  const refusal = (...command: string[]): string | undefined =>
    planCommandRefusal(command, '/usr/bin:/bin', '/work', (file) => files[file] ?? 'missing');

  it.each([
    [['sh', '-c', 'x'], undefined],
    [['/bin/sh'], undefined],
    [['./run.sh'], undefined],
    [['run.sh'], 'exec: "run.sh": executable file not found in $PATH'],
    [['/nope'], 'exec: "/nope": stat /nope: no such file or directory'],
    [['/work/data'], 'exec: "/work/data": permission denied'],
    [['/work'], 'exec: "/work": is a directory'],
    [[], 'no command specified'],
  ])('%j', (command, words) => expect(refusal(...command)).toBe(words));
});

describe('files below another root', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'drillhouse-root-'));
    mkdirSync(path.join(root, 'opt/tool'), { recursive: true });
    writeFileSync(path.join(root, 'opt/tool/run'), '', { mode: 0o755 });
    symlinkSync('/opt/tool', path.join(root, 'absolute'));
    symlinkSync('../../../../etc/passwd', path.join(root, 'opt/escape'));
    symlinkSync('loop', path.join(root, 'loop'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('follows absolute links from that root', () => expect(kindBelow(root, '/absolute/run')).toBe('executable'));
  it('does not leave it', () => expect(resolveBelow(root, '/opt/escape')).toBe(path.join(root, 'etc/passwd')));
  it('gives up on loops', () => expect(kindBelow(root, '/loop')).toBe('missing'));
});
