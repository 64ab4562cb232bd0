import { describe, expect, it } from 'vitest';
import { dueItems } from './due.ts';
import { loadService } from './load-rules.ts';
import { onCallAt, type OnCallFacts, type OnCallState } from './on-call.ts';
import type { ServiceRules } from './rules.ts';
import { skillsAt } from './skills.ts';
import { check, dayMs, judged, testRules, testTitles } from './testing/judged.ts';

const known = { labs: ['endpoint', 'gateway'], certificates: ['operator'] };
const yaml = `
title: Inference
summary: Answers requests.
requires:
  - title: Shown to run it
    anyOf:
      - { kind: certificate-held, certificate: operator }
      - { kind: skills-met, skills: { security-governance: meets } }
  - title: A recent incident
    anyOf:
      - { kind: lab-passed, labs: [endpoint], withinDays: 30 }
`;
const service = ((): ServiceRules => {
  const { service: loaded } = loadService('inference.yaml', yaml, known);
  if (loaded === undefined) throw new Error('The rules do not load.');
  return loaded;
})();

const certificate = (issued: number, until: number | null = 700, revoked: number | null = null): OnCallFacts['certificates'][number] => ({
  id: `ct_${issued}`,
  definitionId: 'operator',
  issuedAtMs: dayMs(issued),
  validUntilMs: until === null ? null : dayMs(until),
  revokedAtMs: revoked === null ? null : dayMs(revoked),
});
const passed = (day: number, checks = ['a+']) => judged({ day, checks: checks.map((text) => check(text)) });
const facts = (over: Partial<OnCallFacts>): OnCallFacts => ({ attempts: [], certificates: [], drills: [], ...over });
const at = (day: number, of: OnCallFacts): OnCallState => onCallAt(service, of, testRules, testTitles, dayMs(day));

describe('who may be on call', () => {
  it.each<[string, OnCallFacts, number, OnCallState['state'], number | null]>([
    ['nothing is met', facts({}), 0, 'not yet', null],
    ['one thing is missing', facts({ certificates: [certificate(0)] }), 1, 'nearly', null],
    ['everything is met, until the first of it ends', facts({ certificates: [certificate(0)], attempts: [passed(5)] }), 6, 'ready', 35],
    ['the certificate ends first', facts({ certificates: [certificate(0, 20)], attempts: [passed(5)] }), 6, 'ready', 20],
    ['the incident is too long ago', facts({ certificates: [certificate(0)], attempts: [passed(5)] }), 40, 'lapsed', 35],
    ['a revocation ends it on its day', facts({ certificates: [certificate(0, 700, 12)], attempts: [passed(5)] }), 13, 'lapsed', 12],
    ['before the revocation it was ready', facts({ certificates: [certificate(0, 700, 12)], attempts: [passed(5)] }), 11, 'ready', 12],
    ['skills do in place of the certificate', facts({ attempts: [passed(5, ['a+', 'b+', 'c+'])] }), 6, 'ready', 35],
    [
      'a failed attempt is no incident',
      facts({ certificates: [certificate(0)], attempts: [{ ...passed(5), outcome: 'failed' }] }),
      6,
      'nearly',
      null,
    ],
    ['what comes later is not known yet', facts({ certificates: [certificate(0)], attempts: [passed(5)] }), 4, 'nearly', null],
  ])('%s', (_, of, day, state, until) => {
    expect(at(day, of)).toMatchObject({ state, untilMs: until === null ? null : dayMs(until) });
  });

  it('says how to stay ready, by the way in which it is met', () => {
    const again = passed(20);
    const bySkills = at(22, facts({ attempts: [passed(-20, ['a+', 'b+', 'c+']), again] }));
    // Security holds for 50 days after it was last shown, which one passed check does as well; the incident for 30.
    expect(bySkills).toMatchObject({ state: 'ready', renew: { next: 'Restore the incident of “Lab endpoint”.' } });
    const skillsEnd = at(22, facts({ attempts: [passed(-20, ['a+', 'b+', 'c+']), { ...again, checks: [] }] }));
    expect(skillsEnd).toMatchObject({ state: 'ready', untilMs: dayMs(30), renew: { next: 'Take the incident of “Lab identity”.' } });
    const byCertificate = at(22, facts({ certificates: [certificate(0, 40)], attempts: [again] }));
    expect(byCertificate.renew).toMatchObject({ next: 'Renew the certificate Certificate operator.', start: { kind: 'certificate' } });
  });

  it('says what is missing, why, and what to begin', () => {
    const { missing } = at(40, facts({ certificates: [certificate(0)], attempts: [passed(5)] }));
    expect(missing).toEqual([
      {
        title: 'A recent incident',
        why: 'Last passed on 2026-01-06, which is more than 30 days ago.',
        next: 'Restore the incident of “Lab endpoint”.',
        start: { kind: 'lab', slug: 'endpoint', title: 'Lab endpoint' },
      },
    ]);
  });
});

describe('what is due', () => {
  const due = (day: number, of: OnCallFacts) => {
    const nowMs = dayMs(day);
    const nothing = { attempts: [], artefacts: [], drills: [], improvements: [], certificates: [] };
    const definition = {
      id: 'operator',
      title: 'Operator',
      summary: 'x',
      criteria: 'x',
      tags: [],
      hash: '',
      requirements: [{ id: 'lab', kind: 'lab-passed' as const, title: 'A lab', next: 'Take the lab.', again: true, lab: 'gateway' }],
    };
    const skills = skillsAt(of.attempts, testRules.skills, nowMs);
    const onCall = [{ service, state: onCallAt(service, of, testRules, testTitles, nowMs) }];
    const person = { id: 'pr_1', name: 'Ann' };
    return dueItems(
      { person, certificates: of.certificates, definitions: [definition], facts: nothing, skills, onCall },
      testRules,
      testTitles,
      nowMs,
    ).map(({ kind, within, dueAt, next, start }) => [kind, within, dueAt.slice(0, 10), next, start?.kind]);
  };

  it('is in lists of 30, 60 and 90 days, the most urgent first, and says what to begin', () => {
    const of = facts({ certificates: [certificate(0, 80)], attempts: [passed(5, ['a+', 'b+', 'c+'])] });
    expect(due(10, of)).toEqual([
      ['on-call', '30 days', '2026-02-05', 'Restore the incident of “Lab endpoint”.', 'lab'],
      ['skill', '60 days', '2026-02-25', 'Take the incident of “Lab identity”.', 'lab'],
      ['certificate', '90 days', '2026-03-22', 'Take the lab.', 'lab'],
    ]);
    expect(due(60, of).map(([kind, within]) => [kind, within])).toEqual([
      ['on-call', 'overdue'],
      ['skill', 'overdue'],
      ['certificate', '30 days'],
    ]);
  });

  it('is nothing for what is far ahead, taken back, renewed or long forgotten', () => {
    expect(due(0, facts({ certificates: [certificate(0, 91)] }))).toEqual([]);
    expect(due(0, facts({ certificates: [certificate(0, 20, 0)] }))).toEqual([]);
    expect(due(0, facts({ certificates: [certificate(0, 700), certificate(-600, 20)] }))).toEqual([]);
    expect(due(400, facts({ certificates: [certificate(0, 20)] }))).toEqual([]);
  });
});

describe('the rules of a service', () => {
  it.each([
    ['a key that is not known', 'summary:', 'sumary:', 'Unknown key sumary.'],
    ['a certificate that does not exist', 'certificate: operator', 'certificate: astronaut', 'There is no certificate astronaut.'],
    ['a lab that does not exist', 'labs: [endpoint]', 'labs: [nowhere]', 'There is no lab nowhere.'],
    ['a level that is none', 'security-governance: meets', 'security-governance: not yet', 'Invalid'],
  ])('name %s', (_, right, wrong, message) => {
    const { problems } = loadService('x.yaml', yaml.replace(right, wrong), known);
    expect(problems.map((problem) => problem.message).join(' ')).toContain(message);
  });

  it('hold without what does not exist, as long as each requirement can still be met', () => {
    expect(loadService('x.yaml', yaml.replace('[endpoint]', '[nowhere, gateway]'), known).service?.requires[1]?.anyOf).toEqual([
      { kind: 'lab-passed', labs: ['gateway'], withinDays: 30 },
    ]);
    expect(loadService('x.yaml', yaml.replace('[endpoint]', '[nowhere]'), known).service).toBeUndefined();
  });
});
