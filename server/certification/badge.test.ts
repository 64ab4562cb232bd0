import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { openTestStore } from '../testing/test-store.ts';
import { BadgeSite, planCredential, toJwtPayload, type BadgeFacts } from './badge.ts';
import { planDidDocument, publishKey } from './published-keys.ts';
import { keyFiles, sealedKeys } from './private-keys.ts';
import { SigningKeys } from './signing-keys.ts';
import { encodeList, planStatusList } from './status-list.ts';
import { verifyIndependently } from './testing/independent-verifier.ts';

const site = new BadgeSite('https://drillhouse.example.com/');
const facts: BadgeFacts = {
  certificateId: 'ct_abcdefghijkmnopqrstu',
  definition: { id: 'operator', title: 'AI Platform Operator', summary: 'Runs it.', criteria: 'Did *it*.\n', tags: ['kubernetes'] },
  holderName: 'Tess Trainee',
  holderId: 'urn:uuid:0f2a1c52-6a6b-4a3c-9a57-5cf1a9a3a111',
  issuedAtMs: Date.UTC(2026, 10, 21, 9),
  validUntilMs: Date.UTC(2028, 10, 21, 9),
  evidence: [{ url: site.badge('ct_other'), name: 'Lab 1', narrative: 'Judged and passed.' }],
  status: { list: 1, index: 77_777 },
};

describe('a badge, by a verifier of other people’s making', () => {
  let store: Awaited<ReturnType<typeof openTestStore>>;
  let dir: string;
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 9));
  const log = createLogger('silent');
  const open = (): Promise<SigningKeys> => SigningKeys.open({ db: store.db, privateKeys: keyFiles(dir), clock, log });

  beforeAll(async () => {
    store = await openTestStore();
    dir = path.join(await mkdtemp(path.join(tmpdir(), 'drillhouse-keys-')), 'keys');
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await rm(path.dirname(dir), { recursive: true });
  });

  const sealOf = async (keys: SigningKeys, payload: object, typ: 'JWT' | 'vc+jwt' = 'JWT'): Promise<string> => {
    const key = await keys.current();
    return key.sign(payload, site.key(key.id), typ);
  };
  const sign = (keys: SigningKeys, badge = facts): Promise<string> => sealOf(keys, toJwtPayload(planCredential(badge, site), badge, site));
  const publisher =
    (keys: SigningKeys, revoked: readonly number[] = []) =>
    async (url: string): Promise<string> => {
      const key = await keys.find(url.split('/').at(-1)!);
      if (key !== undefined && url === site.key(key.id)) return JSON.stringify(publishKey(key, site));
      if (url === site.statusList(1)) return sealOf(keys, { ...planStatusList(1, revoked, site, clock.now()), iss: site.did }, 'vc+jwt');
      throw new Error(`Nothing is published at ${url}.`);
    };

  it('fits the schema of Open Badges 3.0, its signature holds, and its status can be looked up', async () => {
    const keys = await open();
    const jwt = await sign(keys);
    const report = await verifyIndependently(jwt, publisher(keys));
    expect(report.schemaErrors).toEqual([]);
    expect(report.revoked).toBe(false);
    expect(report.credential).not.toHaveProperty('vc');
    expect((await verifyIndependently(jwt, publisher(keys, [5, 77_777]))).revoked).toBe(true);
    expect((await verifyIndependently(jwt, publisher(keys, [77_776, 77_778]))).revoked).toBe(false);
  });

  it('without an expiry fits it too', async () => {
    const keys = await open();
    const lasting = { ...facts, validUntilMs: null };
    expect((await verifyIndependently(await sign(keys, lasting), publisher(keys))).schemaErrors).toEqual([]);
  });

  it('is refused when a word of it was changed, and the schema finds what is missing', async () => {
    const keys = await open();
    const [header, payload, signature] = (await sign(keys)).split('.') as [string, string, string];
    const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('Tess', 'Tom!')).toString('base64url');
    await expect(verifyIndependently(`${header}.${forged}.${signature}`, publisher(keys))).rejects.toThrow('signature');
    const { credentialSubject, ...rest } = planCredential(facts, site);
    const { achievement: _, ...poorer } = credentialSubject as Record<string, unknown>;
    const poor = await sealOf(keys, toJwtPayload({ ...rest, credentialSubject: poorer }, facts, site));
    expect((await verifyIndependently(poor, publisher(keys))).schemaErrors).toEqual([
      "/credentialSubject must have required property 'achievement'",
    ]);
    const odd = await sealOf(keys, toJwtPayload({ ...rest, credentialSubject, shoeSize: 43 }, facts, site));
    await expect(verifyIndependently(odd, publisher(keys))).rejects.toThrow(/safe mode/i);
  });

  it('of an old key still verifies after the key was changed, and another start signs with the new one', async () => {
    const keys = await open();
    const old = await sign(keys);
    const oldId = (await keys.current()).id;
    clock.advance(1000);
    const newId = await keys.rotate();
    expect(newId).not.toBe(oldId);
    expect((await keys.list()).map(({ id, retiredAtMs }) => [id, retiredAtMs !== null])).toEqual([
      [oldId, true],
      [newId, false],
    ]);
    const again = await open();
    expect((await again.current()).id).toBe(newId);
    for (const jwt of [old, await sign(again)]) expect((await verifyIndependently(jwt, publisher(again))).schemaErrors).toEqual([]);
    const document = planDidDocument(await again.list(), site) as { id: string; assertionMethod: string[] };
    expect(document.id).toBe('did:web:drillhouse.example.com');
    expect(document.assertionMethod).toEqual([oldId, newId].map((id) => `did:web:drillhouse.example.com#${id}`));
  });

  it('keeps private keys in files that only the server’s user reads, and never in the store; a lost file means a new key', async () => {
    const keys = await open();
    const { id } = await keys.current();
    const file = path.join(dir, `${id}.jwk`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    const secret = (JSON.parse(await readFile(file, 'utf8')) as { d: string }).d;
    const rows = await store.db.selectFrom('signing_keys').selectAll().execute();
    expect(secret.length).toBeGreaterThan(40);
    expect(JSON.stringify(rows)).not.toContain(secret);
    const known = await keys.list();
    expect(JSON.stringify([publishKey(known[0]!, site), planDidDocument(known, site)])).not.toContain('"d"');
    for (const name of await readdir(dir)) await rm(path.join(dir, name));
    clock.advance(1000);
    const next = await open();
    expect((await next.current()).id).not.toBe(id);
    expect((await next.find(id))?.retiredAtMs).toBe(clock.now());
  });

  it('of servers that share a database are signed by one key, whichever of them made or changed it', async () => {
    await using shared = await openTestStore();
    const openShared = (secret = 's'.repeat(32)): Promise<SigningKeys> =>
      SigningKeys.open({ db: shared.db, privateKeys: sealedKeys(shared.db, secret), clock, log });
    const [one, other] = await Promise.all([openShared(), openShared()]);
    const first = (await one.current()).id;
    expect((await other.current()).id).toBe(first);
    const old = await sign(other);
    clock.advance(1000);
    const changed = await other.rotate();
    expect(changed).not.toBe(first);
    expect((await one.current()).id).toBe(changed);
    expect((await one.list()).filter(({ retiredAtMs }) => retiredAtMs === null)).toHaveLength(1);
    for (const jwt of [old, await sign(one)]) expect((await verifyIndependently(jwt, publisher(other))).schemaErrors).toEqual([]);
    const dump = JSON.stringify(await shared.db.selectFrom('private_keys').selectAll().execute());
    expect(dump).toContain(changed);
    expect(dump).not.toContain('"d"');
    await expect(openShared('t'.repeat(32))).rejects.toThrow(/KEYS_SECRET/);
  });

  it('of one server are those of several when it becomes one of them', async () => {
    const { id } = await (await open()).current();
    const several = await SigningKeys.open({ db: store.db, privateKeys: sealedKeys(store.db, 's'.repeat(32), keyFiles(dir)), clock, log });
    expect((await several.current()).id).toBe(id);
    const elsewhere = await SigningKeys.open({ db: store.db, privateKeys: sealedKeys(store.db, 's'.repeat(32)), clock, log });
    expect((await elsewhere.current()).id).toBe(id);
  });
});

describe('addresses', () => {
  it.each([
    ['https://drillhouse.example.com', 'did:web:drillhouse.example.com'],
    ['http://127.0.0.1:7070', 'did:web:127.0.0.1%3A7070'],
    ['https://example.com/labs/east', 'did:web:example.com:labs:east'],
  ])('%s is %s', (url, did) => {
    expect(new BadgeSite(url).did).toBe(did);
  });

  it('the status list of nobody is as long as that of many', () => {
    expect(encodeList([])).toMatch(/^uH4sI/);
    expect(Buffer.from(encodeList([0]).slice(1), 'base64url').length).toBeLessThan(200);
  });
});
