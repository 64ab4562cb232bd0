import { afterEach } from 'vitest';
import { askWitnesses } from './witnesses.ts';

// A test that failed on a machine nobody can look at any more says what there was to see.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const said of await askWitnesses()) console.error(`"${task.name}" failed. ${said}`);
});
