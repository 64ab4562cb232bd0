/**
 * What is known of one person that requirements may ask for. Gathered by fact-finder.ts; evaluated without any other knowledge, so that an
 * evaluation can be repeated and explained.
 */
export interface PersonFacts {
  readonly attempts: readonly AttemptFact[];
  readonly artefacts: readonly ArtefactFact[];
  readonly drills: readonly DrillFact[];
  readonly improvements: readonly ImprovementFact[];
  readonly certificates: readonly CertificateFact[];
}

export interface AttemptFact {
  readonly attemptId: string;
  readonly lab: string;
  readonly title: string;
  /** As it holds now, overrides and regrades counted. */
  readonly outcome: string;
  readonly score: number | null;
  readonly endedAtMs: number;
}

export interface ArtefactFact {
  readonly attemptId: string;
  readonly lab: string;
  readonly artefactId: string;
  readonly title: string;
  readonly handedIn: boolean;
  /** Null: nobody rated it yet. */
  readonly accepted: boolean | null;
  readonly atMs: number;
}

export interface DrillFact {
  readonly drillId: string;
  readonly title: string;
  /** `commander` and so on. */
  readonly role: string;
  readonly endedAtMs: number;
}

export interface ImprovementFact {
  readonly improvementId: string;
  readonly title: string;
  readonly state: 'submitted' | 'accepted' | 'returned';
  readonly atMs: number;
}

export interface CertificateFact {
  readonly certificateId: string;
  readonly definitionId: string;
  readonly title: string;
  readonly state: 'valid' | 'expired' | 'revoked';
  readonly issuedAtMs: number;
}

/** Who led which drill: only those that have ended, and only roles that were really held. Implemented by the drills. */
export interface DrillFacts {
  listEnded(personId: string): Promise<readonly DrillFact[]>;
}
