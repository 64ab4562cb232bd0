import { load } from './load-command.ts';
import { run } from './run-command.ts';

/** Does nothing until told to end: the container that `run` is executed in. */
function idle(): void {
  const keepAlive = setInterval(() => {}, 2 ** 30);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => clearInterval(keepAlive));
}

const commands: Readonly<Record<string, () => void | Promise<void>>> = { idle, run, load };
const command = commands[process.argv[2] ?? 'idle'];
if (command === undefined) {
  process.stderr.write('usage: prober idle | run < ORDERS.jsonl | load < ORDER.json\n');
  process.exit(2);
}
Promise.resolve(command()).catch((error: unknown) => {
  process.stderr.write(`prober: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
