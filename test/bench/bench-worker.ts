import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';

interface Answer<Report> {
  readonly report?: Report;
  readonly error?: string;
}

/** A child process that makes load, so that whoever bears the load does not share a thread with it. One order at a time. */
export class BenchWorker<Order extends object, Report> implements Disposable {
  readonly #child: ChildProcess;

  /** @param file of this folder; it must call {@link answerOrders} */
  constructor(file: string) {
    this.#child = fork(path.join(import.meta.dirname, file), { execArgv: ['--import', 'tsx'] });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  run(order: Order): Promise<Report> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the load worker ended with ${code ?? 'a signal'}`));
      this.#child.once('exit', ended);
      this.#child.once('message', ({ report, error }: Answer<Report>) => {
        this.#child.off('exit', ended);
        if (report === undefined) reject(new Error(error ?? 'the load worker said nothing'));
        else resolve(report);
      });
      this.#child.send(order);
    });
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}

/** The worker's side: answers each order with a report or why there is none, and ends with its parent. */
export function answerOrders<Order, Report>(work: (order: Order) => Promise<Report>): void {
  process.on('message', (order: Order) => {
    void work(order).then(
      (report) => process.send?.({ report }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
