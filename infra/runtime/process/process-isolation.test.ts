import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessFixture, testedModes } from './testing/process-fixture.ts';

const bubblewrapped = testedModes.filter(({ mode }) => mode === 'auto');

describe.each(bubblewrapped)('what a container in bubblewrap can reach', () => {
  let fixture: ProcessFixture;
  const sh = async (id: string, script: string): Promise<string> => {
    const { stdout, stderr } = await fixture.exec(id, ['sh', '-c', script]);
    return `${stdout}${stderr}`.trim();
  };

  beforeAll(async () => {
    fixture = await ProcessFixture.open('auto');
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  describe.each([
    ['as root', { uid: 0 }],
    ['as the image’s user', { uid: 1000, gid: 1000 }],
  ])('%s', (_, user) => {
    let id: string;
    beforeAll(async () => {
      id = await fixture.run(['sleep', '1000'], { image: 'registry.lab/workspace:1.0', user });
    });

    it('is that user, without capabilities and without a way to new ones', async () => {
      expect(await sh(id, 'id -u')).toBe(String(user.uid));
      const status = await sh(id, 'cat /proc/self/status');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(await sh(id, 'cat /proc/1/status')).toMatch(/^CapEff:\s+0+$/m);
    });

    it('sees no process, file, name or socket of the host', async () => {
      expect(await sh(id, 'ls -d /proc/[0-9]* | wc -l').then(Number)).toBeLessThan(8);
      expect(await sh(id, `ls ${fixture.stateDir}`)).toContain('No such file');
      expect(await sh(id, 'ls -A /root /home/trainee /run /mnt 2>/dev/null')).not.toMatch(/\.(ssh|bash_history)|docker/);
      expect(await sh(id, 'test -e /etc/shadow; echo $?')).toBe('1');
      expect(await sh(id, 'cut -d: -f1 /etc/passwd')).toBe('root\ntrainee\nnobody');
      expect(await sh(id, 'ls /dev')).not.toMatch(/\b(sda|vda|kvm|mem|kmsg)\b/);
    });

    it('changes nothing of the host', async () => {
      expect(await sh(id, 'touch /usr/x')).toContain('Read-only file system');
      for (const file of ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sys/vm/drop_caches'])
        expect(await sh(id, `sh -c 'echo x > ${file}' && echo written`)).not.toContain('written');
      if (process.getuid?.() === 0)
        for (const file of ['/proc/sysrq-trigger', '/proc/kcore', '/proc/keys', '/proc/timer_list'].filter((name) => existsSync(name)))
          expect(await sh(id, `test -c ${file} && echo masked`)).toBe('masked');
      expect(await sh(id, 'mount -t tmpfs none /mnt; hostname other; chroot / true')).not.toContain('trainee');
    });

    it('has a home, a temporary folder and an /etc of its own to write', async () => {
      expect(await sh(id, 'touch ~/a /tmp/a /var/tmp/a && echo ok')).toBe('ok');
      const other = await fixture.run(['sleep', '1000'], { user });
      expect(await sh(other, 'ls /tmp')).toBe('');
    });
  });

  it('starts nothing with rights for whoever is root in it, whatever that root makes programs load', async () => {
    const id = await fixture.run(['sleep', '1000'], { user: { uid: 0 } });
    // A library that is not there is complained about by every program that tries to load it, under its own name and rights.
    expect(await sh(id, 'echo /tmp/evil.so > /etc/ld.so.preload && cat /etc/ld.so.preload')).toContain('/tmp/evil.so');
    const { stdout } = await fixture.exec(id, ['sh', '-c', 'cat /proc/self/uid_map; grep -E "CapEff|Uid" /proc/self/status']);
    expect(stdout).toMatch(/^CapEff:\s+0+$/m);
    expect(stdout.split(/\s+/).slice(0, 4)).toEqual(process.getuid?.() === 0 ? ['', '0', '1879048192', '1'] : expect.anything());
  });

  it('takes no volume over what is the host’s', async () => {
    for (const containerPath of ['/usr/bin', '/lib64', '/etc'])
      await expect(
        fixture.run(['true'], { mounts: [{ hostPath: fixture.stateDir, containerPath, readOnly: true }] }),
      ).rejects.toMatchObject({ code: 'InvalidRequest' });
  });

  it('keeps the root file system read-only where asked, volumes excepted', async () => {
    const volume = path.join(fixture.stateDir, 'rw');
    await mkdir(volume, { recursive: true });
    await chmod(volume, 0o777);
    const id = await fixture.run(['sleep', '1000'], {
      readOnlyRootFilesystem: true,
      user: { uid: 0 },
      mounts: [{ hostPath: volume, containerPath: '/data', readOnly: false }],
    });
    expect(await sh(id, 'touch /tmp/x; touch /x')).toMatch(/Read-only[^]*Read-only/);
    expect(await sh(id, 'touch /data/x && echo ok')).toBe('ok');
  });

  it('gives loader variables to the program alone, never to what starts it', async () => {
    const volume = path.join(fixture.stateDir, 'preload');
    await mkdir(volume, { recursive: true });
    await writeFile(path.join(volume, 'evil.so'), 'not a library');
    const id = await fixture.run(['sh', '-c', 'echo "preload=$LD_PRELOAD"; sleep 1000'], {
      env: [{ name: 'LD_PRELOAD', value: '/data/evil.so' }],
      mounts: [{ hostPath: volume, containerPath: '/data', readOnly: true }],
    });
    const { stdout, stderr } = await fixture.exec(id, ['sh', '-c', 'echo "$LD_PRELOAD"']);
    expect(stdout).toBe('/data/evil.so\n');
    // One complaint by the program's own loader; setpriv, sh and env would each have added theirs.
    expect(stderr.match(/cannot be preloaded/g)).toHaveLength(1);
  });

  it('shows no secret in any process list of the host', async () => {
    const id = await fixture.run(['sleep', '1000'], { env: [{ name: 'API_KEY', value: 'sk-very-secret-9' }] });
    const { readdir, readFile } = await import('node:fs/promises');
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
    expect(lines.filter((line) => line.includes('sk-very-secret-9'))).toEqual([]);
    expect(await sh(id, 'echo $API_KEY')).toBe('sk-very-secret-9');
  });
});
