import { describe, expect, it } from 'vitest';
import type { Requirement } from './definition.ts';
import type { PersonFacts } from './facts.ts';
import { evaluate, findDoubts, type EvidenceRef } from './requirements.ts';

const nothing: PersonFacts = { attempts: [], artefacts: [], drills: [], improvements: [], certificates: [] };
const common = { id: 'r', title: 'R', next: 'Do it.', again: false };
const lab: Requirement = { kind: 'lab-passed', ...common, lab: 'endpoint' };
const runbook: Requirement = { kind: 'artefact-accepted', ...common, artefact: 'runbook' };
const drill: Requirement = { kind: 'drill-led', ...common, role: 'commander', count: 2 };
const improvement: Requirement = { kind: 'improvement-accepted', ...common };
const certificate: Requirement = { kind: 'certificate-held', ...common, certificate: 'operator' };

const attempt = { attemptId: 'at_1', lab: 'endpoint', title: 'Lab 1', outcome: 'passed', score: 90, endedAtMs: 1000 };
const artefact = {
  attemptId: 'at_1',
  lab: 'endpoint',
  artefactId: 'runbook',
  title: 'Runbook',
  handedIn: true,
  accepted: true,
  atMs: 1000,
};
const led = { drillId: 'dr_1', title: 'Drill', role: 'commander', endedAtMs: 1000 };
const improved = { improvementId: 'im_1', title: 'Retries', state: 'accepted' as const, atMs: 1000 };
const held = { certificateId: 'ct_1', definitionId: 'operator', title: 'Operator', state: 'valid' as const, issuedAtMs: 1000 };

describe('a requirement', () => {
  it.each<[string, Requirement, Partial<PersonFacts>, boolean, RegExp]>([
    ['a lab never taken', lab, {}, false, /not taken yet/],
    ['another lab passed', lab, { attempts: [{ ...attempt, lab: 'gateway' }] }, false, /not taken yet/],
    [
      'a lab failed twice',
      lab,
      {
        attempts: [
          { ...attempt, outcome: 'failed' },
          { ...attempt, outcome: 'expired' },
        ],
      },
      false,
      /2 times, not passed/,
    ],
    ['a lab passed', lab, { attempts: [{ ...attempt, outcome: 'failed' }, attempt] }, true, /"Lab 1" of 1970-01-01/],
    ['nothing written', runbook, {}, false, /Nothing was handed in/],
    ['written, not rated', runbook, { artefacts: [{ ...artefact, accepted: null }] }, false, /nobody has rated/],
    ['written, not accepted', runbook, { artefacts: [{ ...artefact, accepted: false }] }, false, /not accepted yet/],
    ['something else accepted', runbook, { artefacts: [{ ...artefact, artefactId: 'postmortem' }] }, false, /Nothing was handed in/],
    ['accepted in another lab than asked for', { ...runbook, lab: 'gateway' }, { artefacts: [artefact] }, false, /Nothing was handed in/],
    ['accepted', runbook, { artefacts: [artefact] }, true, /Met by/],
    ['no drill', drill, {}, false, /No drill/],
    ['a drill as scribe', drill, { drills: [{ ...led, role: 'scribe' }] }, false, /none as commander/],
    ['one drill of two', drill, { drills: [led] }, false, /1 of 2/],
    ['both drills', drill, { drills: [led, { ...led, drillId: 'dr_2' }] }, true, /Met by/],
    ['no improvement', improvement, {}, false, /None was submitted/],
    ['one that waits', improvement, { improvements: [{ ...improved, state: 'submitted' }] }, false, /manager has yet/],
    ['one that was sent back', improvement, { improvements: [{ ...improved, state: 'returned' }] }, false, /sent back/],
    ['one accepted', improvement, { improvements: [improved] }, true, /Met by/],
    ['no certificate', certificate, {}, false, /not issued yet/],
    ['an expired one', certificate, { certificates: [{ ...held, state: 'expired' }] }, false, /not valid any more/],
    ['a valid one', certificate, { certificates: [held] }, true, /Met by/],
  ])('with %s', (_what, requirement, facts, met, why) => {
    const { complete, requirements } = evaluate({ requirements: [requirement] }, { ...nothing, ...facts });
    expect([complete, requirements[0]?.met, requirements[0]?.next]).toEqual([met, met, met ? null : 'Do it.']);
    expect(requirements[0]?.why).toMatch(why);
  });

  it('that is to be met again counts only what came after the certificate', () => {
    const facts = { ...nothing, attempts: [attempt] };
    const again = { ...lab, again: true };
    expect(evaluate({ requirements: [again] }, facts, 1000).requirements[0]).toMatchObject({
      met: false,
      why: expect.stringContaining('done again'),
    });
    expect(evaluate({ requirements: [again] }, facts, 999).complete).toBe(true);
    expect(evaluate({ requirements: [lab] }, facts, 1000).complete).toBe(true);
  });
});

describe('what a certificate rests on', () => {
  const facts: PersonFacts = { attempts: [attempt], artefacts: [artefact], drills: [led], improvements: [improved], certificates: [held] };
  const evidence: readonly EvidenceRef[] = [lab, runbook, { ...drill, count: 1 }, improvement, certificate].flatMap(
    (requirement) => evaluate({ requirements: [requirement] }, facts).requirements[0]?.evidence ?? [],
  );

  it('holds as long as the facts do', () => {
    expect(evidence).toHaveLength(5);
    expect(findDoubts(evidence, facts)).toEqual([]);
  });

  it.each<[string, Partial<PersonFacts>, string]>([
    ['a verdict was overridden', { attempts: [{ ...attempt, outcome: 'failed' }] }, 'Lab 1'],
    ['a rating was taken back', { artefacts: [{ ...artefact, accepted: false }] }, 'Runbook'],
    ['a drill did not end as it was told', { drills: [] }, 'Drill'],
    ['an improvement is not accepted any more', { improvements: [] }, 'Retries'],
    ['a certificate was revoked', { certificates: [{ ...held, state: 'revoked' }] }, 'Operator'],
  ])('is in doubt when %s', (_what, changed, title) => {
    expect(findDoubts(evidence, { ...facts, ...changed })).toEqual([`"${title}" does not count any more.`]);
  });

  it('is not in doubt when a certificate under it has merely expired', () => {
    expect(findDoubts(evidence, { ...facts, certificates: [{ ...held, state: 'expired' }] })).toEqual([]);
  });
});
