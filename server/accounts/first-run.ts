import type { Accounts } from './accounts.ts';
import type { Cohorts } from './cohorts.ts';
import type { NewPerson } from './people.ts';

/** The account that the first link belongs to; its owner gives it a name with the password and may be changed later. */
const FIRST_ADMINISTRATOR: NewPerson = { email: 'admin@drillhouse.local', name: 'Administrator', role: 'admin' };

const DEMO_COHORT = 'Demo cohort';
const DEMO_PEOPLE: readonly NewPerson[] = [
  { email: 'trainee@demo.drillhouse.local', name: 'Tess Trainee', role: 'trainee' },
  { email: 'instructor@demo.drillhouse.local', name: 'Ines Instructor', role: 'instructor' },
  { email: 'manager@demo.drillhouse.local', name: 'Max Manager', role: 'manager' },
];

export interface WelcomeLink {
  readonly person: string;
  readonly role: string;
  /** Below the public address: `/welcome/<token>`. */
  readonly path: string;
}

/**
 * While there is no administrator who has set a password: a link that sets one. A new link at each start, because only the hash of
 * the last is kept, and links go stale in logs.
 */
export async function firstAdministratorLink(accounts: Accounts): Promise<WelcomeLink | undefined> {
  if (await accounts.people.hasAdministrator()) return undefined;
  const admin = (await accounts.people.findByEmail(FIRST_ADMINISTRATOR.email)) ?? (await accounts.people.add(FIRST_ADMINISTRATOR));
  const link = await accounts.links.renew(admin.id, 'set-password');
  return { person: admin.name, role: 'administrator', path: welcomePath(link.token) };
}

/** Names somebody as a cohort's manager, besides who is named already. */
interface ManagerNames {
  name(cohortId: string, personId: string): Promise<void>;
}

/** A cohort with a trainee, an instructor and its manager, who sign in by link. Repeating it makes new links for the same people. */
export async function demoLinks(accounts: Accounts, cohorts: Cohorts, managers: ManagerNames): Promise<WelcomeLink[]> {
  const cohort = (await cohorts.findByName(DEMO_COHORT)) ?? (await cohorts.create(DEMO_COHORT));
  const links: WelcomeLink[] = [];
  for (const demo of DEMO_PEOPLE) {
    const person = (await accounts.people.findByEmail(demo.email)) ?? (await accounts.people.add(demo));
    await cohorts.addMember(cohort.id, person.id);
    if (person.role === 'manager') await managers.name(cohort.id, person.id);
    const link = await accounts.links.renew(person.id, 'sign-in');
    links.push({ person: person.name, role: person.role, path: welcomePath(link.token) });
  }
  return links;
}

export function welcomePath(token: string): string {
  return `/welcome/${token}`;
}
