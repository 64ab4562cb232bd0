import type { Definition, Requirement } from './definition.ts';
import type { PersonFacts } from './facts.ts';

/** What a requirement was met by: enough to find it again and to ask whether it still holds. */
export interface EvidenceRef {
  readonly kind: 'attempt' | 'artefact' | 'drill' | 'improvement' | 'certificate';
  /** Of the attempt, drill, improvement or certificate. */
  readonly id: string;
  readonly title: string;
  readonly atMs: number;
}

export interface RequirementResult {
  readonly id: string;
  readonly title: string;
  readonly met: boolean;
  /** One sentence: by what it is met, or what stands in the way. */
  readonly why: string;
  /** What to do next; null when it is met. */
  readonly next: string | null;
  readonly evidence: readonly EvidenceRef[];
}

export interface Evaluation {
  readonly complete: boolean;
  readonly requirements: readonly RequirementResult[];
}

interface Found {
  readonly evidence: readonly EvidenceRef[];
  /** Why not, when there is not enough of it. */
  readonly otherwise: string;
  readonly wanted?: number;
}

/**
 * Whether a person has what a certificate asks for. Pure. `since`: for a renewal, when the certificate was issued; what is marked `again` must
 * be of later than that.
 */
export function evaluate(definition: Pick<Definition, 'requirements'>, facts: PersonFacts, since?: number): Evaluation {
  const requirements = definition.requirements.map((requirement) => judge(requirement, facts, since));
  return { complete: requirements.every(({ met }) => met), requirements };
}

function judge(requirement: Requirement, facts: PersonFacts, since: number | undefined): RequirementResult {
  const after = requirement.again ? (since ?? -1) : -1;
  const { evidence, otherwise, wanted = 1 } = find(requirement, facts);
  const recent = evidence.filter(({ atMs }) => atMs > after).sort((a, b) => b.atMs - a.atMs);
  const met = recent.length >= wanted;
  return {
    id: requirement.id,
    title: requirement.title,
    met,
    why: met ? tellMet(recent.slice(0, wanted)) : tellUnmet(otherwise, evidence.length, recent.length, wanted),
    next: met ? null : requirement.next,
    evidence: recent.slice(0, wanted),
  };
}

function tellMet(evidence: readonly EvidenceRef[]): string {
  return `Met by ${evidence.map(({ title, atMs }) => `"${title}" of ${new Date(atMs).toISOString().slice(0, 10)}`).join(', ')}.`;
}

function tellUnmet(otherwise: string, ever: number, recent: number, wanted: number): string {
  if (recent > 0) return `${recent} of ${wanted} so far.`;
  return ever > 0 ? 'For a renewal it counts only when it is done again after the certificate was issued.' : otherwise;
}

function find(requirement: Requirement, facts: PersonFacts): Found {
  switch (requirement.kind) {
    case 'lab-passed':
      return findPassed(requirement.lab, facts);
    case 'artefact-accepted':
      return findAccepted(requirement, facts);
    case 'drill-led':
      return findLed(requirement, facts);
    case 'improvement-accepted':
      return findImproved(facts);
    case 'certificate-held':
      return findHeld(requirement.certificate, facts);
  }
}

function findPassed(lab: string, { attempts }: PersonFacts): Found {
  const tried = attempts.filter((attempt) => attempt.lab === lab);
  const passed = tried.filter(({ outcome }) => outcome === 'passed');
  return {
    evidence: passed.map(({ attemptId, title, endedAtMs }) => ({ kind: 'attempt', id: attemptId, title, atMs: endedAtMs })),
    otherwise: tried.length === 0 ? 'The lab was not taken yet.' : `Taken ${times(tried.length)}, not passed yet.`,
  };
}

function findAccepted(requirement: Extract<Requirement, { kind: 'artefact-accepted' }>, { artefacts }: PersonFacts): Found {
  const all = artefacts.filter(
    ({ artefactId, lab }) => artefactId === requirement.artefact && (requirement.lab === undefined || requirement.lab === lab),
  );
  const accepted = all.filter((artefact) => artefact.accepted === true);
  const otherwise = all.some((artefact) => artefact.handedIn && artefact.accepted === null)
    ? 'It is handed in; nobody has rated it yet.'
    : all.some((artefact) => artefact.accepted === false)
      ? 'It was rated and not accepted yet: read the comments and hand it in again.'
      : 'Nothing was handed in yet.';
  return { evidence: accepted.map(({ attemptId, title, atMs }) => ({ kind: 'artefact', id: attemptId, title, atMs })), otherwise };
}

function findLed({ role, count }: Extract<Requirement, { kind: 'drill-led' }>, { drills }: PersonFacts): Found {
  const led = drills.filter((drill) => drill.role === role);
  return {
    evidence: led.map(({ drillId, title, endedAtMs }) => ({ kind: 'drill', id: drillId, title, atMs: endedAtMs })),
    otherwise: drills.length === 0 ? 'No drill was taken part in yet.' : `Took part in ${drills.length} drills, none as ${role}.`,
    wanted: count,
  };
}

function findImproved({ improvements }: PersonFacts): Found {
  const accepted = improvements.filter(({ state }) => state === 'accepted');
  const otherwise = improvements.some(({ state }) => state === 'submitted')
    ? 'It is submitted; a manager has yet to look at it.'
    : improvements.length > 0
      ? 'It was sent back: read the comment and submit it again.'
      : 'None was submitted yet.';
  return {
    evidence: accepted.map(({ improvementId, title, atMs }) => ({ kind: 'improvement', id: improvementId, title, atMs })),
    otherwise,
  };
}

function findHeld(definitionId: string, { certificates }: PersonFacts): Found {
  const all = certificates.filter((certificate) => certificate.definitionId === definitionId);
  const held = all.filter(({ state }) => state === 'valid');
  return {
    evidence: held.map(({ certificateId, title, issuedAtMs }) => ({ kind: 'certificate', id: certificateId, title, atMs: issuedAtMs })),
    otherwise: all.length === 0 ? 'It was not issued yet.' : 'It is not valid any more.',
  };
}

/**
 * What of a certificate's evidence does not hold any more, in a sentence each: a verdict that was overridden or regraded since, a rating or an
 * acceptance that was taken back. Pure. Certificates are not revoked by it; a person decides.
 */
export function findDoubts(evidence: readonly EvidenceRef[], facts: PersonFacts): readonly string[] {
  return evidence.flatMap((ref) => (stillHolds(ref, facts) ? [] : [`"${ref.title}" does not count any more.`]));
}

function stillHolds({ kind, id, title }: EvidenceRef, facts: PersonFacts): boolean {
  switch (kind) {
    case 'attempt':
      return facts.attempts.some(({ attemptId, outcome }) => attemptId === id && outcome === 'passed');
    case 'artefact':
      return facts.artefacts.some((artefact) => artefact.attemptId === id && artefact.title === title && artefact.accepted === true);
    case 'drill':
      return facts.drills.some(({ drillId }) => drillId === id);
    case 'improvement':
      return facts.improvements.some(({ improvementId, state }) => improvementId === id && state === 'accepted');
    case 'certificate':
      // It may expire before what rests on it does; only a revoked one was never earned.
      return facts.certificates.some(({ certificateId, state }) => certificateId === id && state !== 'revoked');
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
