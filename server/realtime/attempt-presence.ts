/** Who has which attempt's page open, on how many pages. Forgotten with the process: pages come back by themselves. */
export class AttemptPresence {
  readonly #pages = new Map<string, Map<string, number>>();
  readonly #listeners = new Set<(attemptId: string) => void>();

  /** The people in the order in which they came. */
  present(attemptId: string): readonly string[] {
    return [...(this.#pages.get(attemptId)?.keys() ?? [])];
  }

  /** Until the last page of the person is disposed, they are there. */
  enter(attemptId: string, personId: string): Disposable {
    this.#count(attemptId, personId, 1);
    let isThere = true;
    return {
      [Symbol.dispose]: () => {
        if (isThere) this.#count(attemptId, personId, -1);
        isThere = false;
      },
    };
  }

  /** Called when somebody came or went, not for a second page of the same person. */
  subscribe(listener: (attemptId: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #count(attemptId: string, personId: string, by: 1 | -1): void {
    const people = this.#pages.get(attemptId) ?? new Map<string, number>();
    const before = people.get(personId) ?? 0;
    if (before + by > 0) people.set(personId, before + by);
    else people.delete(personId);
    if (people.size > 0) this.#pages.set(attemptId, people);
    else this.#pages.delete(attemptId);
    if (before === 0 || before + by === 0) for (const listener of this.#listeners) listener(attemptId);
  }
}
