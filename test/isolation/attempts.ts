/** Programs that a trainee runs in a pod to get out of it. They print what they reached as JSON, and nothing that they did not. */

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Connects to all targets at once; prints those that accept. A refusal, an unreachable network and silence are all the same. */
export function connectAll(targets: readonly Target[], patienceMs = 3_000): string {
  return `
    const net = require('node:net');
    const reached = [];
    const hosts = ${JSON.stringify(portsByHost(targets))};
    const targets = Object.entries(hosts).flatMap(([host, ports]) => ports.map((port) => ({ host, port })));
    const tries = targets.map((target) => new Promise((done) => {
      const socket = net.connect({ ...target, timeout: ${patienceMs} });
      socket.on('connect', () => { reached.push(target.host + ':' + target.port); socket.destroy(); });
      socket.on('timeout', () => socket.destroy());
      socket.on('error', () => {});
      socket.on('close', done);
    }));
    Promise.all(tries).then(() => console.log(JSON.stringify(reached)));`;
}

/** Short, since the whole program travels in a URL, and machines have many addresses. */
function portsByHost(targets: readonly Target[]): Readonly<Record<string, readonly number[]>> {
  const hosts = new Map<string, Set<number>>();
  for (const { host, port } of targets) hosts.set(host, (hosts.get(host) ?? new Set()).add(port));
  return Object.fromEntries([...hosts].map(([host, ports]) => [host, [...ports]]));
}

/** Sends a datagram to all targets, broadcast and multicast included; prints who answers. */
export function sendAll(targets: readonly Target[], patienceMs = 1_500): string {
  return `
    const dgram = require('node:dgram');
    const reached = [];
    const sockets = ['udp4', 'udp6'].map((type) => {
      const socket = dgram.createSocket(type);
      socket.on('error', () => {});
      socket.on('message', (_, from) => reached.push(from.address + ':' + from.port));
      socket.bind(0, () => {
        if (type === 'udp4') socket.setBroadcast(true);
        for (const { host, port } of ${JSON.stringify(targets)})
          if (host.includes(':') === (type === 'udp6')) socket.send('hello', port, host, () => {});
      });
      return socket;
    });
    setTimeout(() => { console.log(JSON.stringify(reached)); sockets.forEach((socket) => socket.close()); }, ${patienceMs});`;
}

/** Resolves names in every way that Node has; prints those that have an address. */
export function resolveAll(names: readonly string[]): string {
  return `
    const dns = require('node:dns').promises;
    const resolver = new dns.Resolver({ timeout: 1000, tries: 1 });
    const reached = [];
    const ways = [(name) => dns.lookup(name), (name) => resolver.resolve4(name)];
    const tries = ${JSON.stringify(names)}.flatMap((name) => ways.map((way) => way(name).then(() => reached.push(name), () => {})));
    Promise.all(tries).then(() => console.log(JSON.stringify(reached)));`;
}

/** Asks with each token; prints the URLs that answer at all, with their status. */
export function fetchAll(urls: readonly string[], tokens: readonly string[]): string {
  return `
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const reached = [];
    const ask = (url, token) => fetch(url, { headers: { authorization: 'Bearer ' + token }, signal: AbortSignal.timeout(3000) })
      .then((answer) => reached.push(answer.status + ' ' + url), () => {});
    const tries = ${JSON.stringify(urls)}.flatMap((url) => ${JSON.stringify(tokens)}.map((token) => ask(url, token)));
    Promise.all(tries).then(() => console.log(JSON.stringify(reached)));`;
}

/** What root of a container tries with a shell: each must end with an error. */
export const hostileCommands: Readonly<Record<string, string>> = {
  'mount a file system': 'mount -t tmpfs none /mnt',
  'mount the host’s disk': 'mknod /tmp/disk b 254 0 && head -c1 /tmp/disk',
  'make a device': 'mknod /tmp/kmem c 1 1 && head -c1 /tmp/kmem',
  'set where cores go': 'echo "|/tmp/x" > /proc/sys/kernel/core_pattern',
  'set a kernel parameter': 'echo 1 > /proc/sys/net/ipv4/ip_forward',
  'ask the kernel to restart': 'echo b > /proc/sysrq-trigger',
  'write to sysfs': 'echo x > /sys/kernel/uevent_helper',
  'write to its cgroup': 'mkdir /sys/fs/cgroup/memory/out || mkdir /sys/fs/cgroup/out',
  'read the machine’s memory': 'head -c1 /dev/mem || head -c1 /proc/kcore | grep -q .',
  'enter the first process of the machine': 'nsenter -t 1 -m -n true',
  'leave its network namespace': 'unshare -n true',
  'become another user namespace’s root that mounts': 'unshare -Ur mount -t tmpfs none /mnt',
  'see the engine’s socket': 'test -S /var/run/docker.sock || test -S /run/docker.sock || test -S /run/containerd/containerd.sock',
  'make a network device': 'test -e /dev/net/tun || ip link add x type dummy || busybox ip link add x type dummy',
  'open a raw socket': "perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 1) or exit 1'",
  // With these one could answer for the gateway, and read what others send it.
  'open a packet socket': "perl -e 'socket(my $s, 17, 3, 768) or exit 1'",
  'open a packet socket without link headers': "perl -e 'socket(my $s, 17, 2, 768) or exit 1'",
  'follow redirects of a gateway that is none': 'echo 1 > /proc/sys/net/ipv4/conf/all/accept_redirects',
  'change its routes': "perl -e 'open(my $f, q(>), q(/proc/sys/net/ipv4/route/flush)) and print {$f} 1 or exit 1'",
  'have an address of IPv6': 'grep -v " lo$" /proc/net/if_inet6 | grep -q .',
  'mount control groups, whose release agent runs on the host': 'mkdir -p /tmp/cg && mount -t cgroup -o rdma cgroup /tmp/cg',
  'write a release agent': 'for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do echo /x > $f && break; done',
  'hold a capability, or one that it could gain': 'grep -Eq "^Cap(Eff|Prm|Inh|Bnd|Amb):\\s*0*[1-9a-f]" /proc/self/status',
  'gain rights by a program that has them': 'grep -Eq "^NoNewPrivs:\\s*0" /proc/self/status',
  'be without the filter of system calls that it declined': 'grep -Eq "^Seccomp:\\s*0" /proc/self/status',
  'load a program into the kernel': "perl -MErrno -e 'syscall(321, 0, 0, 0); exit($!{EPERM} ? 1 : 0)'",
  'reach sockets of the host that have no file': 'grep -q " @" /proc/net/unix',
  'see other sandboxes’ processes': 'test "$(ls /proc | grep -c "^[0-9]")" -gt 40',
};
