import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error('usage: npm run soak -- [--minutes 60]');
  process.exit(2);
}
const startedAt = performance.now();
const report = await soak(minutes * 60_000);
console.log(`${minutes} simulated minutes in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(JSON.stringify(report, null, 2));
process.exit(0);
