import { runDrillCommand } from './cli.ts';

process.exitCode = await runDrillCommand(process.argv.slice(2), {
  say: (text) => void process.stdout.write(`${text}\n`),
  tell: (text) => void process.stderr.write(`${text}\n`),
});
