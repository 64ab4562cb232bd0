import { DAY_MS } from '../clock.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appealStateSchema,
  appealViewSchema,
  badgeReportSchema,
  certificateSchema,
  improvementSchema,
  progressListSchema,
  registerSchema,
  signingKeysSchema,
  type Certificate,
} from '../contract/certification.ts';
import type { Client } from '../testing/client.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestServer } from '../testing/test-server.ts';
import { verifyIndependently } from './testing/independent-verifier.ts';
import { FakeDrills, rateRunbook, takeLab } from './testing/earning.ts';

const reason = 'Somebody else was at the keyboard.';

/** One story, told in order: each test goes on where the one before it ended. */
describe('a certificate, over HTTP', () => {
  const drills = new FakeDrills();
  const clock = new ManualClock(Date.now());
  let server: TestServer;
  let [trainee, instructor, manager]: Client[] = [];
  let personId = '';
  let attemptId = '';
  let certificate: Certificate;

  beforeAll(async () => {
    server = await TestServer.start({ drills, clock });
    await enter();
    personId = (await trainee!.session()).me?.id ?? '';
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const enter = async (): Promise<void> => {
    trainee = await server.signIn('trainee');
    instructor = await server.signIn('instructor');
    manager = await server.signIn('manager');
  };
  /** Sessions do not last that long, and each start makes new links. */
  const returnLater = async (afterMs: number): Promise<void> => {
    await server.stop();
    clock.advance(afterMs);
    await server.begin();
    await enter();
  };
  const progress = async (): Promise<Record<string, boolean>> => {
    const { certificates } = await trainee!.call('GET', '/api/certificates/progress', progressListSchema);
    return Object.fromEntries(certificates[0]!.requirements.map(({ id, met }) => [id, met]));
  };
  const issue = (who: Client, definition = 'ai-platform-operator'): ReturnType<Client['fetch']> =>
    who.fetch('POST', '/api/certificates', { person: personId, definition });
  const report = (id: string): ReturnType<typeof verify> => server.client().call('GET', `/api/public/badges/${id}`, badgeReportSchema);
  const verify = (jwt: string) => fetchReport(server, jwt);
  const fetchText = async (url: string): Promise<string> => {
    const response = await fetch(url);
    expect(response.ok, url).toBe(true);
    return response.text();
  };

  it('begins from nothing, and says what to do', async () => {
    const { certificates } = await trainee!.call('GET', '/api/certificates/progress', progressListSchema);
    expect(certificates.map(({ definition, complete }) => [definition.id, complete])).toEqual([
      ['ai-platform-operator', false],
      ['ai-platform-operator-full', false],
    ]);
    const [first] = certificates[0]!.requirements;
    expect(first).toMatchObject({ met: false, why: 'The lab was not taken yet.', next: expect.stringContaining('Take the lab') });
    const refused = await instructor!.refused('POST', '/api/certificates', { person: personId, definition: 'ai-platform-operator' });
    expect(refused.status).toBe(409);
    expect(refused.error.issues?.map(({ path }) => path)).toEqual(['endpoint', 'runbook', 'drill']);
  });

  it('is earned step by step', async () => {
    attemptId = await takeLab(server, trainee!);
    expect(await progress()).toEqual({ endpoint: true, runbook: false, drill: false });
    await rateRunbook(instructor!, attemptId, false);
    expect(await progress()).toMatchObject({ runbook: false });
    await rateRunbook(instructor!, attemptId, true);
    drills.led(personId, clock.now(), 'scribe');
    expect(await progress()).toEqual({ endpoint: true, runbook: true, drill: false });
    drills.led(personId, clock.now() + 1);
    expect(await progress()).toEqual({ endpoint: true, runbook: true, drill: true });
  });

  it('is issued by staff, once, and never to oneself', async () => {
    expect((await issue(trainee!)).status).toBe(403);
    const managerId = (await manager!.session()).me?.id ?? '';
    const own = await manager!.refused('POST', '/api/certificates', { person: managerId, definition: 'ai-platform-operator' });
    expect(own.error).toMatchObject({ code: 'Forbidden', message: 'Nobody certifies themselves.' });
    expect((await instructor!.refused('POST', '/api/certificates', { person: personId, definition: 'astronaut' })).status).toBe(404);
    clock.advance(1234);
    const both = await Promise.all([issue(instructor!), issue(manager!)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const issued = await Promise.all(both.map(async (response) => certificateSchema.parse(await response.json())));
    expect(issued[0]!.id).toBe(issued[1]!.id);
    certificate = issued[0]!;
    expect(certificate).toMatchObject({ state: 'valid', nameAsIssued: 'Tess Trainee', doubts: [] });
    expect(certificate.evidence.map(({ kind }) => kind)).toEqual(['attempt', 'artefact', 'drill']);
    const register = await manager!.call('GET', '/api/certificates', registerSchema);
    expect(register).toMatchObject({ issued: [{ id: certificate.id }], addressIsLasting: false, problems: [] });
    expect(await (await trainee!.fetch('GET', `/api/certificates/${certificate.id}`)).json()).toMatchObject({ mayRevoke: false });
  });

  it('is an Open Badge that an independent verifier accepts, by what is published alone', async () => {
    const jwt = await fetchText(`${server.url}/api/public/badges/${certificate.id}/credential`);
    expect(jwt).toBe(certificate.jwt);
    const independent = await verifyIndependently(jwt, fetchText);
    expect(independent).toMatchObject({ schemaErrors: [], revoked: false });
    const { iss } = independent.credential as { iss: string };
    const did = JSON.parse(await fetchText(`${server.url}/.well-known/did.json`)) as {
      id: string;
      verificationMethod: { publicKeyJwk: { kid: string } }[];
    };
    const jwks = JSON.parse(await fetchText(`${server.url}/.well-known/jwks.json`)) as { keys: { kid: string }[] };
    expect(did.id).toBe(iss);
    const kid = (JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
    expect([did.verificationMethod[0]!.publicKeyJwk.kid, jwks.keys[0]!.kid]).toEqual([kid, kid]);
    const achievement = (independent.credential as { credentialSubject: { achievement: { id: string } } }).credentialSubject.achievement;
    expect(JSON.parse(await fetchText(achievement.id))).toMatchObject({ id: achievement.id, type: ['Achievement'] });
    expect(jwt).not.toContain(Buffer.from('trainee@demo').toString('base64url').slice(1, -2));
  });

  it('is verified by anybody, without an account, and tells nothing but what it says itself', async () => {
    const good = await report(certificate.id);
    expect(good).toMatchObject({ verdict: 'valid', badge: { holder: 'Tess Trainee', title: 'AI Platform Operator' } });
    expect(good.steps.every(({ ok }) => ok)).toBe(true);
    expect(JSON.stringify({ ...good, jwt: '' })).not.toMatch(/@demo|pr_/);
    const stranger = server.client();
    await stranger.session();
    const pasted = await stranger.call('POST', '/api/public/verify', badgeReportSchema, { jwt: `\n${certificate.jwt} ` });
    expect(pasted.verdict).toBe('valid');
    expect((await stranger.refused('GET', '/api/public/badges/ct_aaaaaaaaaaaaaaaaaaaa')).status).toBe(404);
  });

  it.each([
    ['a changed word', (jwt: string) => swapPayload(jwt, 'Tess', 'Tom!'), 'signature'],
    ['another signature', (jwt: string) => `${jwt.slice(0, -6)}AAAAAA`, 'signature'],
    ['another algorithm', (jwt: string) => swapHeader(jwt, { alg: 'none' }), 'form'],
    ['another key', (jwt: string) => swapHeader(jwt, { kid: `${server.url}/api/public/keys/${'x'.repeat(43)}` }), 'key'],
    ['no badge at all', () => 'this is not a badge', 'form'],
  ])('with %s it is not valid', async (_what, forge, failed) => {
    const forged = await verify(forge(certificate.jwt));
    expect(forged).toMatchObject({ verdict: 'not valid', badge: null });
    expect(forged.steps.at(-1)).toMatchObject({ id: failed, ok: false });
  });

  it('names what does not hold any more, when an appeal or an override changes a verdict', async () => {
    const { mayAppeal } = await trainee!.call('GET', `/api/attempts/${attemptId}/appeals`, appealStateSchema);
    expect(mayAppeal).toBe(true);
    const text = 'The second check saw a pod that was being replaced.';
    const appeal = await trainee!.call('POST', `/api/attempts/${attemptId}/appeals`, appealViewSchema, { reason: text });
    expect(appeal).toMatchObject({ decision: null, mayDecide: false, checks: [] });
    expect((await trainee!.refused('POST', `/api/attempts/${attemptId}/appeals`, { reason: text })).status).toBe(409);
    const unknown = { decision: 'regrade', answer: reason, corrections: { nonsense: 'fail' } };
    expect((await instructor!.refused('POST', `/api/appeals/${appeal.id}/decision`, unknown)).error.issues?.[0]?.path).toBe(
      'corrections.nonsense',
    );
    const regrade = { decision: 'regrade', answer: reason, corrections: { answers: 'fail' } };
    const decided = await instructor!.call('POST', `/api/appeals/${appeal.id}/decision`, appealViewSchema, regrade);
    expect(decided).toMatchObject({ decision: 'regraded', outcome: 'failed', outcomeNow: 'failed' });
    expect((await instructor!.refused('POST', `/api/appeals/${appeal.id}/decision`, regrade)).error.message).toContain('decided already');
    const doubted = await manager!.call('GET', `/api/certificates/${certificate.id}`, certificateSchema);
    expect(doubted).toMatchObject({ state: 'valid', doubts: [expect.stringContaining('does not count any more')] });
    expect(await progress()).toMatchObject({ endpoint: false });
  });

  it('rests on verdicts that nobody changes for themselves', async () => {
    const own = await takeLab(server, manager!, 'failed');
    const overridden = await manager!.refused('POST', `/api/attempts/${own}/override`, { outcome: 'passed', reason });
    expect(overridden.error.message).toContain('Nobody overrides');
    const appeal = await manager!.call('POST', `/api/attempts/${own}/appeals`, appealViewSchema, { reason: `${reason} Look again.` });
    const decision = { decision: 'regrade', answer: reason, corrections: { answers: 'pass', 'hidden-auth': 'pass' } };
    expect((await manager!.refused('POST', `/api/appeals/${appeal.id}/decision`, decision)).status).toBe(403);
    expect(await instructor!.call('POST', `/api/appeals/${appeal.id}/decision`, appealViewSchema, decision)).toMatchObject({
      outcome: 'passed',
    });
    const next = await manager!.call('POST', `/api/attempts/${own}/appeals`, appealViewSchema, { reason: `${reason} And again.` });
    const withdrawn = await manager!.call('POST', `/api/appeals/${next.id}/withdraw`, appealViewSchema);
    expect(withdrawn).toMatchObject({ decision: 'withdrawn', outcomeNow: 'passed' });
    expect((await trainee!.refused('POST', `/api/attempts/${own}/appeals`, { reason: `${reason} Not mine.` })).status).toBe(404);
  });

  it('is revoked by a manager, with a reason that everybody reads, once', async () => {
    const path = `/api/certificates/${certificate.id}/revoke`;
    expect((await instructor!.refused('POST', path, { reason })).status).toBe(403);
    expect((await manager!.refused('POST', path, { reason: 'no' })).status).toBe(400);
    const revoked = await manager!.call('POST', path, certificateSchema, { reason });
    expect(revoked).toMatchObject({ state: 'revoked', revoked: { reason }, doubts: [] });
    const again = await manager!.refused('POST', path, { reason: 'Another reason than the first.' });
    expect(again.error).toMatchObject({ code: 'Conflict', message: expect.stringContaining('revoked already') });
    expect(await report(certificate.id)).toMatchObject({ verdict: 'revoked', revoked: { reason } });
    expect((await verifyIndependently(certificate.jwt, fetchText)).revoked).toBe(true);
    expect((await manager!.refused('POST', `/api/certificates/${certificate.id}/renew`)).error.message).toContain('revoked');
  });

  it('is issued anew when everything is met again, and the revoked one stays revoked', async () => {
    clock.advance(60_000);
    await takeLab(server, trainee!);
    const next = certificateSchema.parse(await (await issue(instructor!)).json());
    expect(next.id).not.toBe(certificate.id);
    expect(next.renews).toBeNull();
    expect(await report(certificate.id)).toMatchObject({ verdict: 'revoked' });
    certificate = next;
  });

  it('is followed by the full badge, once a manager accepted an improvement', async () => {
    const submission = {
      title: 'Retries with jitter',
      what: 'The gateway now retries with jitter instead of at once.',
      effect: 'Bursts of 429 fell from 40 to 2 a day.',
      links: ['https://git.example.com/platform/gateway/pull/17'],
    };
    expect((await trainee!.refused('POST', '/api/improvements', { ...submission, links: ['javascript:alert(1)'] })).status).toBe(400);
    const submitted = await trainee!.call('POST', '/api/improvements', improvementSchema, submission);
    const decision = `/api/improvements/${submitted.id}/decision`;
    expect((await instructor!.refused('POST', decision, { accepted: true, comment: '' })).status).toBe(403);
    expect((await manager!.refused('POST', decision, { accepted: false, comment: '' })).error.issues?.[0]?.path).toBe('comment');
    await manager!.call('POST', decision, improvementSchema, { accepted: false, comment: 'Which dashboard shows it?' });
    expect((await manager!.refused('POST', decision, { accepted: true, comment: '' })).error.message).toContain('sent back');
    await trainee!.call('PUT', `/api/improvements/${submitted.id}`, improvementSchema, {
      ...submission,
      effect: 'See panel 4: 40 to 2 a day.',
    });
    await manager!.call('POST', decision, improvementSchema, { accepted: true, comment: '' });
    expect((await trainee!.refused('PUT', `/api/improvements/${submitted.id}`, submission)).error.code).toBe('ReadOnly');
    const full = certificateSchema.parse(await (await issue(manager!, 'ai-platform-operator-full')).json());
    expect(full.evidence.map(({ kind }) => kind)).toEqual(['certificate', 'improvement']);
    expect((await verifyIndependently(full.jwt, fetchText)).schemaErrors).toEqual([]);
  });

  it('survives a restart and a change of keys', async () => {
    const admin = await server.signIn('administrator');
    const { keys } = await admin.call('POST', '/api/signing-keys', signingKeysSchema);
    expect(keys.map(({ retiredAt, badges }) => [retiredAt === null, badges])).toEqual([
      [true, 0],
      [false, 3],
    ]);
    await returnLater(0);
    expect(await report(certificate.id)).toMatchObject({ verdict: 'valid' });
  });

  it('expires, can be renewed from some time before that on, and asks for what must be done again', async () => {
    const renew = `/api/certificates/${certificate.id}/renew`;
    expect((await instructor!.refused('POST', renew)).error.message).toContain('too early');
    const untilMs = Date.parse(certificate.validUntil!);
    await returnLater(untilMs - clock.now() - 30 * DAY_MS);
    const due = await trainee!.call('GET', '/api/certificates/progress', progressListSchema);
    const operator = due.certificates.find(({ definition }) => definition.id === 'ai-platform-operator')!;
    expect(operator).toMatchObject({ renewing: true, complete: false });
    expect(operator.certificate?.renewal).toMatchObject({ open: true, reminder: 'It expires in 30 days. Renew it before then.' });
    expect(operator.requirements.filter(({ met }) => !met).map(({ id }) => id)).toEqual(['drill']);
    expect((await instructor!.refused('POST', renew)).error.message).toContain('done again');
    await returnLater(30 * DAY_MS);
    expect(await report(certificate.id)).toMatchObject({
      verdict: 'expired',
      steps: expect.arrayContaining([expect.objectContaining({ id: 'date', ok: false })]),
    });
    drills.led(personId, clock.now());
    const renewed = await instructor!.call('POST', renew, certificateSchema);
    expect(renewed).toMatchObject({ state: 'valid', renews: certificate.id });
    expect((await instructor!.call('POST', renew, certificateSchema)).id).toBe(renewed.id);
  });

  it('leaves a trace of everything', async () => {
    const { audit } = server.running.services;
    const actions = (await audit.list({ limit: 200 })).entries.map(({ action }) => action);
    for (const action of [
      'certificate.issued',
      'certificate.renewed',
      'certificate.revoked',
      'improvement.submitted',
      'improvement.returned',
      'improvement.accepted',
      'appeal.made',
      'appeal.regraded',
      'signing-key.made',
    ])
      expect(actions).toContain(action);
  });
});

async function fetchReport(server: TestServer, jwt: string) {
  const client = server.client();
  await client.session();
  return client.call('POST', '/api/public/verify', badgeReportSchema, { jwt });
}

function swapPayload(jwt: string, from: string, to: string): string {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const text = Buffer.from(payload, 'base64url').toString().replace(from, to);
  return [header, Buffer.from(text).toString('base64url'), signature].join('.');
}

function swapHeader(jwt: string, change: object): string {
  const [header = '', ...rest] = jwt.split('.');
  const changed = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), ...change };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
}
