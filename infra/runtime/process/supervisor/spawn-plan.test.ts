import { describe, expect, it } from 'vitest';
import type { SupervisorConfig, WireImage } from '../wire.ts';
import { containerSpec } from '../testing/process-fixture.ts';
import { planMountRefusal } from './bwrap-options.ts';
import { splitEnvironment } from './container-environment.ts';
import { containerArguments, containerUser, type ContainerProgram } from './container-program.ts';
import { planExec, planStart, shellQuote } from './spawn-plan.ts';

const image: WireImage = {
  template: 'base',
  env: { RELEASE: '1' },
  entrypoint: ['node', '/app/x.mjs'],
  cmd: ['serve'],
  workingDir: '/app',
  user: { uid: 10001, gid: 10001 },
  files: [{ hostPath: '/dist/x.mjs', containerPath: '/app/x.mjs' }],
};

const config: SupervisorConfig = {
  buildId: 'b',
  stateDir: '/state',
  socketPath: '/state/s',
  isolation: 'bubblewrap-root',
  tools: { bwrap: '/usr/bin/bwrap', nsenter: '/usr/bin/nsenter', setpriv: '/usr/bin/setpriv', script: '/usr/bin/script' },
  templates: { base: '/state/etc/base', workspace: '/state/etc/workspace' },
  hostRootLinks: { bin: 'usr/bin' },
  hostRootFolders: [],
  sharedFiles: [{ hostPath: '/opt/node', containerPath: '/opt/drillhouse/bin/node' }],
  nodePath: '/opt/node',
  shimPath: '/state/shim.cjs',
  orphanTimeoutMs: 1,
};

function program(overrides: Parameters<typeof containerSpec>[2] = {}): ContainerProgram {
  const place = { rootFolder: '/state/c/root', podFolder: '/state/p', podIp: '127.9.4.2', hostname: 'pod-1' };
  return { id: 'id', spec: containerSpec('u', 'c', overrides), image, place };
}

describe('a container’s arguments', () => {
  it.each([
    ['the image’s own', {}, ['node', '/app/x.mjs', 'serve']],
    ['args alone keep the entry point', { args: ['idle'] }, ['node', '/app/x.mjs', 'idle']],
    ['a command drops the image’s arguments too', { command: ['sh'] }, ['sh']],
    ['both', { command: ['sh'], args: ['-c', 'x'] }, ['sh', '-c', 'x']],
  ])('%s', (_, overrides, args) => expect(containerArguments(program(overrides))).toEqual(args));
});

describe('a container’s user', () => {
  it.each([
    ['the image’s', {}, { uid: 10001, gid: 10001 }],
    ['another one, whose group is root', { user: { uid: 5 } }, { uid: 5, gid: 0 }],
    ['both given', { user: { uid: 5, gid: 6 } }, { uid: 5, gid: 6 }],
  ])('%s', (_, overrides, user) => expect(containerUser(program(overrides))).toEqual(user));
});

describe('the start of a container', () => {
  it('hides the environment from the command line and drops all rights before the program', () => {
    const plan = planStart(config, program({ env: [{ name: 'KEY', value: 's3cret' }] }));
    expect(plan.command.join(' ')).not.toContain('s3cret');
    expect(Object.keys(plan.env)).toEqual(['PATH']);
    expect(plan.bwrapOptions.join(' ')).toContain('--setenv KEY s3cret');
    const words = plan.command.join(' ');
    expect(words).toMatch(
      /setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs .* --pdeathsig KILL -- node \/app\/x\.mjs serve$/,
    );
  });

  it('mounts parents before what lies in them, and makes the root read-only last', () => {
    const mounts = ['/data/a/b', '/data', '/data/a'].map((containerPath) => ({
      hostPath: `/h${containerPath}`,
      containerPath,
      readOnly: true,
    }));
    const { bwrapOptions } = planStart(config, program({ mounts, readOnlyRootFilesystem: true }));
    const at = (words: string): number => bwrapOptions.join(' ').indexOf(words);
    expect(at('/h/data /data')).toBeLessThan(at('/h/data/a /data/a'));
    expect(at('/h/data/a /data/a')).toBeLessThan(at('/h/data/a/b /data/a/b'));
    expect(at('--remount-ro /')).toBeGreaterThan(at('/h/data/a/b'));
  });

  it('grants a capability only when it is harmless', () => {
    const { command, bwrapOptions } = planStart(config, program({ addCapabilities: ['NET_BIND_SERVICE', 'SYS_ADMIN', 'NET_ADMIN'] }));
    const words = [...command, ...bwrapOptions].join(' ');
    expect(words).toContain('--ambient-caps -all,+net_bind_service');
    expect(words).not.toMatch(/sys_admin|net_admin/i);
  });

  it('lets an ordinary user’s container into the namespaces that were made for it', () => {
    const inNamespaces = { ...program(), userNamespaces: { kind: 'pair' as const, outer: '/proc/1/fd/8', inner: '/proc/1/fd/9' } };
    const user = { ...config, isolation: 'bubblewrap-user' as const };
    const plan = planStart(user, inNamespaces);
    expect(plan.command.slice(0, 3)).toEqual(['/bin/sh', '-c', 'exec "$0" "$@" 6</proc/1/fd/8 7</proc/1/fd/9']);
    expect(plan.bwrapOptions.join(' ')).toContain('--userns 6 --userns2 7');
    expect(planExec(user, inNamespaces, 77, { command: ['id'], tty: false, stdin: false }).command.join(' ')).toMatch(
      /--user=\/proc\/1\/fd\/8 --preserve-credentials --target 77 .*nsenter --target 1 --user .*setpriv --bounding-set -all/,
    );
  });

  it('without namespaces runs on the host’s paths', () => {
    const mounts = [{ hostPath: '/h/tls', containerPath: '/etc/tls', readOnly: true }];
    const spec = { mounts, args: ['--cert', '/etc/tls/a'], env: [{ name: 'KEY_FILE', value: '/etc/tls/k' }] };
    const plan = planStart({ ...config, isolation: 'none' }, program(spec));
    expect(plan.command).toEqual(['node', '/dist/x.mjs', '--cert', '/h/tls/a']);
    expect(plan.env).toMatchObject({ KEY_FILE: '/h/tls/k', DRILLHOUSE_CONTAINER: 'id', DRILLHOUSE_HOSTS: '/state/p/hosts' });
    expect(plan.cwd).toBe('/state/c/root/app');
  });
});

describe('an exec', () => {
  it('enters the namespaces as the container’s user', () => {
    const { command } = planExec(config, program(), 4242, { command: ['id', '-u'], tty: false, stdin: false });
    expect(command.join(' ')).toMatch(
      /setpriv --bounding-set -all,\S+ --inh-caps -all --no-new-privs -- \/usr\/bin\/nsenter --target 4242 .* --setuid 10001 --setgid 10001 -- \/bin\/sh .* id -u$/,
    );
    expect(command).not.toContain('--pdeathsig');
  });

  it('starts nothing in a container of root but in its user namespace', () => {
    const root = { ...program({ user: { uid: 0 } }), userNamespaces: { kind: 'mapped-root' as const, namespace: '/proc/1/fd/5' } };
    expect(planExec(config, root, 4242, { command: ['id'], tty: false, stdin: false }).command.join(' ')).toMatch(
      /nsenter --user=\/proc\/1\/fd\/5 --target 4242 .* --setuid 0 --setgid 0 -- \/usr\/bin\/setpriv --bounding-set -all/,
    );
    expect(planStart(config, root).command.join(' ')).toMatch(
      /nsenter --user=\/proc\/self\/fd\/6 --setuid 0 --setgid 0 -- .*setpriv --bounding-set -all/,
    );
    expect(planStart(config, root).owner).toEqual({ uid: 1_879_048_192, gid: 1_879_048_192 });
  });

  it('has its terminal made inside', () => {
    const { command } = planExec(config, program(), 4242, { command: ['bash', '-c', `echo 'a b'`], tty: true, stdin: true });
    expect(command.slice(-5)).toEqual(['--quiet', '--return', '--command', `exec 'bash' '-c' 'echo '\\''a b'\\'''`, '/dev/null']);
  });
});

describe('volumes over what is the host’s', () => {
  it.each([
    '/usr/bin',
    '/usr',
    '/bin',
    '/lib64',
    '/lib/x',
    '/proc/sys',
    '/sys',
    '/',
    '/etc',
    '/etc/ld.so.preload',
    '/dev',
    '/opt',
    '/opt/drillhouse/bin',
    '//usr/./bin',
    '/data/../usr',
  ])('%s is refused', (containerPath) => expect(planMountRefusal(containerPath)).toContain('belongs to the host'));
  it.each([
    '/etc/tls',
    '/var/run/secrets/x',
    '/dev/shm',
    '/dev/termination-log',
    '/opt/lab',
    '/data',
    '/home/trainee',
    '/library',
    '/usrdata',
    '/tmp',
  ])('%s is not', (containerPath) => expect(planMountRefusal(containerPath)).toBeUndefined());
});

it('keeps what loaders obey, and what shells would drop, for the program alone', () => {
  const { safe, special } = splitEnvironment({ PATH: '/bin', LD_PRELOAD: 'x', 'a.b': '1', BASH_ENV: 'y', _ok: '2', LD: 'z' });
  expect(safe).toEqual({ PATH: '/bin', _ok: '2', LD: 'z' });
  expect(special).toEqual({ LD_PRELOAD: 'x', 'a.b': '1', BASH_ENV: 'y' });
});

it('quotes for a shell', () => expect(shellQuote(`it's $HOME`)).toBe(`'it'\\''s $HOME'`));
