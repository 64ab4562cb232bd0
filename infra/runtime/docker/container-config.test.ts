import { describe, expect, test } from 'vitest';
import type { ContainerSpec } from '../runtime.ts';
import { planContainer, planPause, type Placement } from './container-config.ts';

const placement: Placement = { ownership: { installation: 'i', clusterId: 'c' }, ociRuntime: 'runsc', memoryCeilingBytes: 1_000_000_000 };
const around = { pauseId: 'PAUSE', shareProcessNamespace: false, hostname: 'box', imageUser: '10001:10001', binds: [] };
const spec: ContainerSpec = {
  podUid: 'uid',
  name: 'main',
  attempt: 3,
  image: 'registry.lab/base:1.0',
  env: [],
  mounts: [],
  tty: false,
  stdin: false,
  pidLimit: 100,
  readOnlyRootFilesystem: false,
  addCapabilities: [],
};

function plan(overrides: Partial<ContainerSpec>) {
  return planContainer({ ...spec, ...overrides }, placement, around);
}

describe('a container’s configuration', () => {
  test('drops all capabilities, forbids gaining privileges, and joins the pod', () => {
    expect(plan({}).HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      CapAdd: [],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      NetworkMode: 'container:PAUSE',
      PidsLimit: 100,
      Runtime: 'runsc',
    });
    expect(plan({}).HostConfig).not.toHaveProperty('PidMode');
  });

  test.each([
    ['the image’s own', {}, { Entrypoint: undefined, Cmd: undefined }],
    ['a command keeps the image’s arguments out', { command: ['a', 'b'] }, { Entrypoint: ['a', 'b'], Cmd: [] }],
    ['arguments alone go to the image’s entry point', { args: ['x'] }, { Entrypoint: undefined, Cmd: ['x'] }],
    ['both', { command: ['a'], args: ['x'] }, { Entrypoint: ['a'], Cmd: ['x'] }],
  ])('command: %s', (_, overrides, expected) => {
    const { Entrypoint, Cmd } = plan(overrides);
    expect({ Entrypoint, Cmd }).toEqual(expected);
  });

  test('joins the pod’s groups beside the user’s own', () => {
    expect(plan({ supplementalGroups: [2000, 3000] }).HostConfig).toMatchObject({ GroupAdd: ['2000', '3000'] });
    expect(plan({}).HostConfig).not.toHaveProperty('GroupAdd');
  });

  test.each([
    [{}, undefined],
    [{ uid: 5 }, '5'],
    [{ uid: 5, gid: 6 }, '5:6'],
    [{ gid: 6 }, '10001:6'],
  ])('user %j runs as %s', (user, expected) => expect(plan({ user }).User).toBe(expected));

  test.each([
    [{}, { CpuShares: 128 }],
    [{ cpuRequestMilli: 500 }, { CpuShares: 512 }],
    [{ cpuLimitMilli: 250 }, { CpuShares: 256, CpuPeriod: 100_000, CpuQuota: 25_000 }],
    [{ cpuLimitMilli: 1 }, { CpuShares: 128, CpuPeriod: 100_000, CpuQuota: 1_000 }],
  ])('cpu %j becomes %j', (overrides, expected) => expect(plan(overrides).HostConfig).toMatchObject(expected));

  test.each([
    [undefined, 1_000_000_000],
    [64_000_000, 64_000_000],
    [2_000_000_000, 1_000_000_000],
  ])('memory limit %s becomes %s, with no swap beyond', (memoryLimitBytes, expected) => {
    const options = memoryLimitBytes === undefined ? plan({}) : plan({ memoryLimitBytes });
    expect(options.HostConfig).toMatchObject({ Memory: expected, MemorySwap: expected });
  });

  test('grants harmless capabilities only, however they are spelt', () => {
    expect(
      plan({ addCapabilities: ['CAP_CHOWN', 'NET_ADMIN', 'NET_RAW', 'SYS_PTRACE', 'MKNOD', 'NET_BIND_SERVICE'] }).HostConfig?.CapAdd,
    ).toEqual(['CHOWN', 'NET_BIND_SERVICE']);
  });

  test('refuses to run without a bound on processes', () => {
    for (const pidLimit of [0, -1, Number.NaN]) expect(() => plan({ pidLimit })).toThrow(/Pid limit/);
  });

  test('tells the host name unless the pod’s author says otherwise', () => {
    expect(plan({ env: [{ name: 'A', value: '1=2' }] }).Env).toEqual(['HOSTNAME=box', 'A=1=2']);
    expect(plan({ env: [{ name: 'HOSTNAME', value: 'mine' }] }).Env).toEqual(['HOSTNAME=mine']);
  });
});

test('only the pause container may change the network, and never runs on gVisor', () => {
  const pod = {
    podUid: 'uid',
    namespace: 'n',
    name: 'p',
    hostname: 'p',
    dnsSearchNamespace: 'n',
    labels: {},
    shareProcessNamespace: true,
    hostAliases: [],
  };
  const { HostConfig, Hostname, NetworkingConfig } = planPause(pod, placement, 'net', '10.0.0.2');
  expect(HostConfig).toMatchObject({ CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], NetworkMode: 'net' });
  expect(HostConfig).not.toHaveProperty('Runtime');
  expect(Hostname).toBe('p');
  expect(NetworkingConfig?.EndpointsConfig).toEqual({ net: { IPAMConfig: { IPv4Address: '10.0.0.2' } } });
});
