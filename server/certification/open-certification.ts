import path from 'node:path';
import type { People } from '../accounts/people.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import type { VerdictRecords } from '../attempts/verdict-records.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { Db } from '../store/schema.ts';
import { Appeals } from './appeals.ts';
import { CertificateRecords } from './certificate-records.ts';
import { Certificates } from './certificates.ts';
import { FactFinder } from './fact-finder.ts';
import type { DrillFacts } from './facts.ts';
import { Improvements } from './improvements.ts';
import { loadDefinitions, ownDefinitionsDir } from './load-definitions.ts';
import { keyFiles, sealedKeys } from './private-keys.ts';
import { PublicBadges } from './public-badges.ts';
import { SigningKeys } from './signing-keys.ts';

export interface CertificationParts {
  readonly db: Db;
  readonly config: Pick<Config, 'dataDir' | 'publicUrl' | 'keysSecret'>;
  readonly publicUrl: () => string;
  readonly catalogue: LabCatalogue;
  readonly drills: DrillFacts;
  readonly attempts: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly evidence: EvidenceChain;
  readonly people: People;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly flushStore: () => Promise<void>;
}

export interface Certification {
  readonly certificates: Certificates;
  readonly badges: PublicBadges;
  readonly improvements: Improvements;
  readonly appeals: Appeals;
}

/** Everything about certificates, wired. Makes the first signing key where there is none. */
export async function openCertification(parts: CertificationParts): Promise<Certification> {
  const { db, config, clock, log, evidence, catalogue, drills } = parts;
  const loaded = await loadDefinitions(ownDefinitionsDir);
  for (const problem of loaded.problems) log.warn({ ...problem }, 'a certificate does not load');
  const files = keyFiles(path.join(config.dataDir, 'keys'));
  const privateKeys = config.keysSecret === undefined ? files : sealedKeys(db, config.keysSecret, files);
  const keys = await SigningKeys.open({ db, privateKeys, clock, log });
  const records = new CertificateRecords(db, evidence);
  const labTitle = (slug: string): string => catalogue.find(slug)?.title ?? slug;
  const facts = new FactFinder({ db, drills, clock, labTitle, definitions: loaded.definitions });
  const addressIsLasting = config.publicUrl !== undefined;
  return {
    certificates: new Certificates({ ...parts, records, facts, loaded, keys, addressIsLasting }),
    badges: new PublicBadges({ ...parts, records, definitions: loaded.definitions, keys }),
    improvements: new Improvements(parts),
    appeals: new Appeals(parts),
  };
}
