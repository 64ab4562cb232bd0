import { parseArgs } from 'node:util';
import { ensureImages } from './image-set.ts';

const usage = `usage: npm run images [-- --base REFERENCE]

Builds every image that sandboxes run, where it is not there yet or has changed.

  --base REFERENCE   a Debian trixie image to pull as the base, e.g. debian:trixie-slim; DRILLHOUSE_BASE_IMAGE says the same.
                     Without it, or when it cannot be pulled, mmdebstrap makes the base from Debian's packages.`;

const { values } = parseArgs({ options: { base: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
if (values.help === true) {
  process.stdout.write(`${usage}\n`);
} else {
  const startedAt = Date.now();
  const base = values.base ?? process.env.DRILLHOUSE_BASE_IMAGE;
  const report = (line: string): void => void process.stdout.write(`  ${line}\n`);
  try {
    const { built } = await ensureImages({ report, ...(base === undefined ? {} : { pullReference: base }) });
    const took = `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    process.stdout.write(built.length === 0 ? `Images are up to date (${took}).\n` : `${built.length} images built in ${took}.\n`);
  } catch (error) {
    process.stderr.write(`Images could not be built: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
