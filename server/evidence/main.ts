import { runEvidenceCommand } from './cli.ts';

process.exitCode = await runEvidenceCommand(process.argv.slice(2), process.env, {
  say: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
});
