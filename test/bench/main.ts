import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureAttempts } from './attempts.ts';
import { measureCrowd } from './cluster-crowd.ts';
import { measureLoad } from './cluster-load.ts';
import { measureClusters, measurePods } from './clusters.ts';
import { measureLabStarts } from './lab-starts.ts';
import { runLoadCommand } from './load-command.ts';
import { formatTable, type Measurement } from './measure.ts';

const suites: Readonly<Record<string, (runtime: 'process' | 'docker') => Promise<readonly Measurement[]>>> = {
  clusters: (runtime) => (runtime === 'process' ? measureClusters() : Promise.resolve([])),
  pods: measurePods,
  requests: (runtime) => (runtime === 'process' ? measureLoad() : Promise.resolve([])),
  crowd: (runtime) => (runtime === 'process' ? measureCrowd() : Promise.resolve([])),
  attempts: measureAttempts,
  labs: measureLabStarts,
};

// `load` has options and a table of its own.
if (process.argv[2] === 'load') process.exit(await runLoadCommand(process.argv.slice(3)));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, runtime: { type: 'string', default: 'process,docker' } },
});
/** Names for several suites at once. */
const groups: Readonly<Record<string, readonly string[]>> = { cluster: ['requests', 'crowd'] };
const chosen = positionals.length === 0 ? Object.keys(suites) : positionals.flatMap((name) => groups[name] ?? [name]);
const runtimes = values.runtime.split(',').filter((name) => name === 'process' || name === 'docker');
const unknown = chosen.filter((name) => suites[name] === undefined);
if (unknown.length > 0 || runtimes.length === 0) {
  console.error(
    `usage: npm run bench -- [${[...Object.keys(suites), ...Object.keys(groups)].join('|')} ...] [--runtime process,docker] [--json FILE]\n       npm run bench -- load --help`,
  );
  process.exit(2);
}

const measurements: Measurement[] = [];
for (const name of chosen) {
  for (const runtime of runtimes) {
    console.error(`measuring ${name} on ${runtime} …`);
    measurements.push(...((await suites[name]?.(runtime)) ?? []));
  }
}
console.log(formatTable(measurements));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ at: new Date().toISOString(), node: process.version, measurements }, null, 2)}\n`);
process.exit(0);
