// A process of its own that holds all simulated trainees: see load.ts. Its cost is not the server's.
import { answerOrders } from './bench-worker.ts';
import { liveThroughAttempt, type Sample, type TraineeAccount } from './load-trainee.ts';

export interface LoadOrder {
  readonly trainees: readonly TraineeAccount[];
  /** They begin one after the other, spread evenly over this. */
  readonly rampMs: number;
}

async function run({ trainees, rampMs }: LoadOrder): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  await Promise.all(
    trainees.map(async (account, index) => {
      await new Promise((resolve) => setTimeout(resolve, (index * rampMs) / trainees.length));
      // What failed is recorded; the others go on.
      await liveThroughAttempt(account, (sample) => samples.push(sample)).catch(() => undefined);
    }),
  );
  return samples;
}

answerOrders(run);
