import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectHost } from './debian.ts';
import { isNewEnough, parseMinor } from './kubectl.ts';
import { findProgram, installCommand, tools } from './tools.ts';
import { readZipEntry } from './zip-entry.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-tools-'));
  writeFileSync(path.join(folder, 'plain'), '');
  writeFileSync(path.join(folder, 'old-kubectl'), `#!/bin/sh\necho '{"clientVersion":{"minor":"20+"}}'\n`);
  writeFileSync(path.join(folder, 'new-kubectl'), `#!/bin/sh\necho '{"clientVersion":{"minor":"36"}}'\n`);
  for (const name of ['old-kubectl', 'new-kubectl']) chmodSync(path.join(folder, name), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('programs', () => {
  test('are found on the path when they can be run', async () => {
    expect(await findProgram('new-kubectl', `/nowhere${path.delimiter}${folder}`)).toBe(path.join(folder, 'new-kubectl'));
    expect(await findProgram('plain', folder)).toBeUndefined();
  });

  test('that are missing become one command', () => {
    const [docker, bwrap, ...rest] = tools.map((tool) => ({ tool, path: '/bin/x' }));
    if (docker === undefined || bwrap === undefined) throw new Error('the table is empty');
    expect(installCommand([docker, bwrap, ...rest])).toBeUndefined();
    expect(installCommand([{ ...docker, path: undefined }, { ...bwrap, path: undefined }, ...rest])).toBe(
      'apt-get install -y --no-install-recommends docker.io iptables bubblewrap',
    );
  });
});

describe('a distribution', () => {
  test.each([
    ['ID=debian\n', true],
    ['ID=ubuntu\nID_LIKE=debian\n', true],
    ['ID="fedora"\nID_LIKE="rhel centos"\n', false],
  ])('%j is Debian or made of it: %s', (text, expected) => {
    const file = path.join(folder, 'os-release');
    writeFileSync(file, text);
    expect(detectHost(file).isDebian).toBe(expected);
  });
});

describe('kubectl', () => {
  test('is taken when it is new enough for the cluster', async () => {
    expect(await isNewEnough(path.join(folder, 'new-kubectl'))).toBe(true);
    expect(await isNewEnough(path.join(folder, 'old-kubectl'))).toBe(false);
    expect(await isNewEnough(path.join(folder, 'missing'))).toBe(false);
    expect(parseMinor('{"clientVersion":{"minor":"32+"}}')).toBe(32);
  });
});

/** The smallest archive that has a second, deflated entry. */
function zipOf(entries: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const data = deflateRawSync(Buffer.from(text));
    const local = Buffer.alloc(30 + name.length);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const central = Buffer.alloc(46 + name.length);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    central.write(name, 46);
    locals.push(local, data);
    directory.push(central);
    offset += local.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

describe('a zip archive', () => {
  const archive = zipOf({ 'kubectl/README': 'read me', 'kubectl/kubectl': 'program' });

  test('gives the entry whose name ends so', () => {
    expect(readZipEntry(archive, 'kubectl/kubectl')?.toString()).toBe('program');
    expect(readZipEntry(archive, 'nothing')).toBeUndefined();
  });

  test('that is none is refused', () => {
    expect(() => readZipEntry(Buffer.from('not a zip'), 'x')).toThrow('Not a zip archive');
  });
});
