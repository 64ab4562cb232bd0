import type { StepContent } from '../../labs/lab-stage.ts';
import { nameFrom, type People } from '../accounts/people.ts';
import type { Clock } from '../clock.ts';
import type { AttemptView } from '../contract/attempts.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { Present } from '../contract/teams.ts';
import type { TerminalHub } from '../terminals/terminal-hub.ts';
import { hasEnded, type Attempt } from './attempt.ts';
import type { AttemptRecords } from './attempt-records.ts';
import { viewAttempt } from './attempt-view.ts';
import { memberOf } from './team.ts';

/** Instructions of this many attempts are kept in memory, because every tick of a check shows them again. */
const MAX_KEPT = 200;

/** Attempts as the pages see them, with names, instructions and terminals put together. */
export class AttemptViews {
  readonly #people: People;
  readonly #records: AttemptRecords;
  readonly #terminals: TerminalHub;
  readonly #clock: Clock;
  readonly #content = new Map<string, readonly StepContent[]>();

  constructor(people: People, records: AttemptRecords, terminals: TerminalHub, clock: Clock) {
    this.#people = people;
    this.#records = records;
    this.#terminals = terminals;
    this.#clock = clock;
  }

  async view(attempt: Attempt): Promise<AttemptView> {
    const ids = [...new Set([attempt.personId, ...attempt.members.map(({ personId }) => personId)])];
    const [content, people, terminals] = await Promise.all([
      this.content(attempt),
      Promise.all(ids.map((id) => this.person(id))),
      hasEnded(attempt) ? [] : this.#terminals.list(attempt.id),
    ]);
    const nameOf = nameFrom(new Map(people.map((person) => [person.id, person])));
    return viewAttempt({ attempt, nameOf, content, terminals, nowMs: this.#clock.now() });
  }

  /** Changes once it is prepared and with each fault that is live; between injection and proof the older is shown. */
  async content(attempt: Attempt): Promise<readonly StepContent[]> {
    if (!attempt.prepared) return [];
    const key = `${attempt.id} ${attempt.injection?.fault ?? ''}`;
    const known = this.#content.get(key);
    if (known !== undefined) return known;
    const content = await this.#records.steps(attempt.id);
    this.#content.set(key, content);
    const eldest = this.#content.keys().next().value;
    if (this.#content.size > MAX_KEPT && eldest !== undefined) this.#content.delete(eldest);
    return content;
  }

  /** Who is there, and as what. */
  async present(attempt: Attempt, personIds: readonly string[]): Promise<Present[]> {
    const people = await Promise.all(personIds.map((id) => this.person(id)));
    return people.map((person) => ({ person, role: memberOf(attempt, person.id)?.role ?? null }));
  }

  async person(personId: string): Promise<PersonRef> {
    const person = await this.#people.find(personId);
    return { id: personId, name: person?.name ?? '' };
  }
}
