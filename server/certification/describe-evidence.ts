import { toInstant } from '../clock.ts';
import type { Db } from '../store/schema.ts';
import type { BadgeEvidence, BadgeSite } from './badge.ts';
import type { EvidenceRef } from './requirements.ts';

/** What a badge says of its evidence. Each piece names the link in the chain that holds it, so that it can be found again, whatever happens to the pages. */
export async function describeEvidence(db: Db, evidence: readonly EvidenceRef[], site: BadgeSite): Promise<BadgeEvidence[]> {
  return Promise.all(
    evidence.map(async ({ kind, id, title, atMs }) => {
      const link = await db
        .selectFrom('evidence')
        .select(['seq', 'hash'])
        .where('attempt_id', '=', id)
        .where('kind', 'in', [...LINKS[kind]])
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      const kept = link === undefined ? '' : ` Entry ${link.seq} of the evidence log, sha256 ${link.hash}.`;
      return { url: addressOf(kind, id, site), name: title, narrative: `${NARRATIVES[kind]} on ${toInstant(atMs).slice(0, 10)}.${kept}` };
    }),
  );
}

const NARRATIVES: Readonly<Record<EvidenceRef['kind'], string>> = {
  attempt: 'Judged and passed',
  artefact: 'Read and accepted',
  drill: 'Led to its end',
  improvement: 'Seen and accepted',
  certificate: 'Issued',
};

/** The links in the chain that say so; the newest of them holds. */
const LINKS: Readonly<Record<EvidenceRef['kind'], readonly string[]>> = {
  attempt: ['verdict', 'override'],
  artefact: ['artefact-rating'],
  drill: ['drill'],
  improvement: ['improvement-decision'],
  certificate: ['certificate-issued'],
};

/** The pages behind these ask for an account and the right to look; a certificate's does not. */
function addressOf(kind: EvidenceRef['kind'], id: string, site: BadgeSite): string {
  switch (kind) {
    case 'attempt':
      return `${site.url}/attempts/${id}/result`;
    case 'artefact':
      return `${site.url}/attempts/${id}/artefacts`;
    case 'drill':
      return `${site.url}/drills/${id}`;
    case 'improvement':
      return `${site.url}/certificates#${id}`;
    case 'certificate':
      return site.badge(id);
  }
}
