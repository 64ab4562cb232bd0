import { runLabCommand } from './cli.ts';

/** Progress goes to the error stream, so that `--json` stays readable by machines. */
process.exitCode = await runLabCommand(process.argv.slice(2), {
  say: (text) => void process.stdout.write(`${text}\n`),
  tell: (text) => void process.stderr.write(`${text}\n`),
});
