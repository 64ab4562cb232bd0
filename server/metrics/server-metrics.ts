import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { leaseOf } from '../attempts/attempt-lease.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { Db } from '../store/schema.ts';

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Measured {
  readonly db: Db;
  readonly supervisor: Supervisor;
  readonly replicas: Replicas;
  /** People who have a page open. */
  readonly connected: () => number;
}

/** What an operator watches. Routes are those of our table and states our own words, so no client can make new series. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #duration: Histogram;

  constructor({ db, supervisor, replicas, connected }: Measured) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#duration = new Histogram({
      name: 'drillhouse_http_request_duration_seconds',
      help: 'Answers over HTTP, by route and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: secondsBuckets,
      registers,
    });
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    gauge('drillhouse_sandboxes_in_use', 'Sandboxes that hold a place.', () => supervisor.inUse);
    gauge('drillhouse_sandboxes_capacity', 'Sandboxes that may be in use at once.', () => supervisor.capacity);
    gauge('drillhouse_substrate_up', '1 while sandboxes can be made and reached.', () => (supervisor.health.ok ? 1 : 0));
    gauge('drillhouse_replica_joined', '1 while this server and the others reach each other; a server alone always does.', () =>
      replicas.trouble === undefined ? 1 : 0,
    );
    gauge('drillhouse_replica_leads', '1 on the one server that sweeps and admits.', () => (replicas.leases.isHeld('leader') ? 1 : 0));
    gauge('drillhouse_attempts_unfinished', 'Attempts that go on, as this server knows.', () => supervisor.running.length);
    gauge(
      'drillhouse_attempts_attended',
      'Attempts that go on and are looked after by this server.',
      () => supervisor.running.filter(({ actor }) => replicas.leases.isHeld(leaseOf(actor.attempt.id))).length,
    );
    gauge('drillhouse_people_connected', 'People who have a page open.', connected);
    new Gauge({
      name: 'drillhouse_attempts',
      help: 'Attempts there are, by lab and state; those that ended too.',
      labelNames: ['lab', 'state'],
      registers,
      async collect() {
        this.reset();
        for (const { lab, state, count } of await countAttempts(db)) this.set({ lab, state }, count);
      },
    });
  }

  /** @param route as the table has it; undefined for pages, files and what does not exist */
  answered(method: string, route: string | undefined, status: number, tookMs: number): void {
    this.#duration.observe({ method, route: route ?? 'other', status: String(status) }, tookMs / 1_000);
  }

  /** In Prometheus' text format, whose media type is {@link contentType}. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

async function countAttempts(db: Db): Promise<{ readonly lab: string; readonly state: string; readonly count: number }[]> {
  const rows = await db
    .selectFrom('attempts')
    .select((eb) => ['lab_slug', 'state', eb.fn.countAll().as('count')])
    .groupBy(['lab_slug', 'state'])
    .execute();
  return rows.map((row) => ({ lab: row.lab_slug, state: row.state, count: Number(row.count) }));
}
