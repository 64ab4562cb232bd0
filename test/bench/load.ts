import { BenchWorker } from './bench-worker.ts';
import { openGround, type GroundWanted, type LoadGround } from './load-ground.ts';
import type { Sample, TraineeAccount } from './load-trainee.ts';
import type { LoadOrder } from './load-worker.ts';
import { summariseActions, summariseUsage, type ActionRow, type UsageFigures } from './load-report.ts';
import { UsageWatch } from './load-usage.ts';
import { invitationSchema } from '../../server/contract/people.ts';
import { ServerClient } from '../support/server-client.ts';

export interface LoadOptions {
  readonly trainees: number;
  readonly ground: GroundWanted;
  /** A class does not begin in one second, nor over an hour. */
  readonly rampSeconds: number;
  /** What each types before mending, at a person's pace. */
  readonly keys: number;
  readonly report: (line: string) => void;
}

export interface LoadReport {
  readonly actions: readonly ActionRow[];
  readonly usage: UsageFigures;
  /** Why things failed, the first of each kind. */
  readonly reasons: readonly string[];
}

const PASSWORD = 'a password for the bench';
/** Accounts are made a few at a time: hashing passwords is the server's work too. */
const INVITED_AT_ONCE = 4;

/** Simulated trainees in a process of their own, each through one whole attempt against real servers. */
export async function measureTrainees(options: LoadOptions): Promise<LoadReport> {
  await using ground = await openGround(options.ground, options.trainees);
  options.report(`inviting ${options.trainees} trainees …`);
  const trainees = await invite(ground, options);
  using worker = new BenchWorker<LoadOrder, readonly Sample[]>('load-worker.ts');
  using usage = new UsageWatch({ ...ground, worker: worker.pid });
  options.report(`${options.trainees} trainees begin within ${options.rampSeconds} s …`);
  const samples = await worker.run({ trainees, rampMs: options.rampSeconds * 1000 });
  usage.take();
  return {
    actions: summariseActions(samples),
    usage: summariseUsage(usage.samples, options.trainees),
    reasons: [
      ...new Map(samples.flatMap(({ action, failure }) => (failure === undefined ? [] : [[action, `${action}: ${failure}`]]))).values(),
    ],
  };
}

async function invite({ url, administratorLink }: LoadGround, { trainees, keys }: LoadOptions): Promise<readonly TraineeAccount[]> {
  const administrator = await ServerClient.fromLink(administratorLink, { name: 'Bench', password: PASSWORD });
  const accounts = Array.from({ length: trainees }, (_value, index): TraineeAccount => ({
    url,
    email: `trainee-${index}@bench.example`,
    password: PASSWORD,
    address: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    keys,
  }));
  for (let start = 0; start < accounts.length; start += INVITED_AT_ONCE)
    await Promise.all(accounts.slice(start, start + INVITED_AT_ONCE).map((account) => register(administrator, account)));
  return accounts;
}

async function register(administrator: ServerClient, { email, password }: TraineeAccount): Promise<void> {
  const invited = await administrator.request('POST', '/api/people', { email, name: email.split('@')[0], role: 'trainee' });
  await ServerClient.fromLink(invitationSchema.parse(invited).link, { password });
}
