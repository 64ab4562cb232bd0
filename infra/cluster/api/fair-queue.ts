import { tooManyRequests } from '../meta/status-error.ts';

/** Whose request it is. Groups share alike, and so do the flows of one group: who makes up users gains nothing on other clusters. */
export interface Flow {
  readonly group: string;
  readonly user: string;
}

/** Decides when a request's work is done. */
export interface RequestQueue {
  /** Requests whose turn has not come. */
  readonly waiting: number;
  run<T>(flow: Flow, work: () => Promise<T>): Promise<T>;
}

export interface FairQueueOptions {
  /** Requests that one user, and one group, may have waiting; one more is answered 429. */
  readonly maxWaitingOfUser?: number;
  readonly maxWaitingOfGroup?: number;
  /** Calls back after what is ready on the sockets was read. */
  readonly defer?: (callback: () => void) => void;
  readonly nowMs?: () => number;
}

interface Share {
  readonly name: string;
  /** Work done for it, in ms; who has had least is next. */
  spentMs: number;
  waiting: number;
}

interface UserShare extends Share {
  readonly queue: (() => void)[];
}

interface GroupShare extends Share {
  readonly users: Map<string, UserShare>;
  /** What its user who was served last had had by then: where others begin, however long they were away. */
  levelMs: number;
}

const MAX_WAITING_OF_USER = 200;
const MAX_WAITING_OF_GROUP = 800;
const RETRY_AFTER_SECONDS = 1;
/** Work in one turn of the event loop before sockets are read again, so that new requests of others are seen. */
const TURN_MS = 2;
/** What takes longer is waiting for something else than the processor. */
const MAX_CHARGE_MS = 250;
/** Shares that nobody uses are forgotten past so many. */
const MAX_IDLE_SHARES = 500;

/**
 * Apportions one thread among those who make requests. Requests run at once while the thread has time; past that they wait by group and
 * user, and the next is always of the group, and in it of the user, for whom least work was done. Whoever was away starts level with the
 * others: rest is not saved up. Work is measured, so that a list of thousands counts for more than a get.
 */
export class FairQueue implements RequestQueue {
  readonly #groups = new Map<string, GroupShare>();
  readonly #maxOfUser: number;
  readonly #maxOfGroup: number;
  readonly #defer: (callback: () => void) => void;
  readonly #nowMs: () => number;
  /** What the group that was served last had had by then. */
  #levelMs = 0;
  #waiting = 0;
  #spentInTurnMs = 0;
  /** Begun in this turn and not yet measured. */
  #unmeasured = 0;
  #isArmed = false;

  constructor(options: FairQueueOptions = {}) {
    this.#maxOfUser = options.maxWaitingOfUser ?? MAX_WAITING_OF_USER;
    this.#maxOfGroup = options.maxWaitingOfGroup ?? MAX_WAITING_OF_GROUP;
    this.#defer = options.defer ?? ((callback) => void setImmediate(callback));
    this.#nowMs = options.nowMs ?? ((): number => performance.now());
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Runs the work when its turn has come. Throws TooManyRequests, without running it, when its user or group has too much waiting. */
  async run<T>({ group: groupName, user: userName }: Flow, work: () => Promise<T>): Promise<T> {
    const group = this.#groupOf(groupName);
    const user = userOf(group, userName);
    if (this.#waiting > 0 || this.#unmeasured > 0 || this.#spentInTurnMs >= TURN_MS) await this.#turn(group, user);
    this.#levelMs = Math.max(this.#levelMs, group.spentMs);
    group.levelMs = Math.max(group.levelMs, user.spentMs);
    this.#unmeasured += 1;
    const startedMs = this.#nowMs();
    try {
      return await work();
    } finally {
      this.#charge(group, user, Math.min(this.#nowMs() - startedMs, MAX_CHARGE_MS));
    }
  }

  #turn(group: GroupShare, user: UserShare): Promise<void> {
    if (user.waiting >= this.#maxOfUser || group.waiting >= this.#maxOfGroup) {
      throw tooManyRequests('Too many requests, please try again later.', RETRY_AFTER_SECONDS);
    }
    group.waiting += 1;
    user.waiting += 1;
    this.#waiting += 1;
    this.#arm();
    return new Promise((resolve) => user.queue.push(resolve));
  }

  #charge(group: GroupShare, user: UserShare, workMs: number): void {
    group.spentMs += workMs;
    user.spentMs += workMs;
    this.#spentInTurnMs += workMs;
    this.#unmeasured = Math.max(0, this.#unmeasured - 1);
    // While the turn lasts the next goes on at once: a turn of the event loop for each would cost as much as many a request.
    if (this.#waiting > 0 && this.#unmeasured === 0 && this.#spentInTurnMs < TURN_MS) this.#release();
    this.#arm();
  }

  /** One callback a turn of the event loop: what it lets go runs before the next. */
  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#defer(() => {
      this.#isArmed = false;
      this.#spentInTurnMs = 0;
      this.#unmeasured = 0;
      this.#release();
    });
  }

  #release(): void {
    const group = leastSpent(this.#groups.values());
    const user = group === undefined ? undefined : leastSpent(group.users.values());
    const go = user?.queue.shift();
    if (group === undefined || user === undefined || go === undefined) {
      this.#forget();
      return;
    }
    group.waiting -= 1;
    user.waiting -= 1;
    this.#waiting -= 1;
    go();
    if (this.#waiting > 0) this.#arm();
  }

  #groupOf(name: string): GroupShare {
    const group = this.#groups.get(name) ?? { name, spentMs: 0, waiting: 0, users: new Map(), levelMs: 0 };
    this.#groups.set(name, group);
    if (group.waiting === 0) group.spentMs = Math.max(group.spentMs, this.#levelMs);
    return group;
  }

  /** Only while nothing waits, so that nobody loses a debt that others still wait behind. */
  #forget(): void {
    for (const group of this.#groups.values()) if (group.users.size > MAX_IDLE_SHARES) group.users.clear();
    if (this.#groups.size > MAX_IDLE_SHARES) this.#groups.clear();
  }
}

function userOf(group: GroupShare, name: string): UserShare {
  const user = group.users.get(name) ?? { name, spentMs: 0, waiting: 0, queue: [] };
  group.users.set(name, user);
  if (user.waiting === 0) user.spentMs = Math.max(user.spentMs, group.levelMs);
  return user;
}

function leastSpent<T extends Share>(shares: Iterable<T>): T | undefined {
  let least: T | undefined;
  for (const share of shares) if (share.waiting > 0 && (least === undefined || share.spentMs < least.spentMs)) least = share;
  return least;
}
