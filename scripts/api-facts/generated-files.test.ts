import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { generatedFiles } from './generated-files.ts';

it('what is committed is what the generator writes', () => {
  const metaDir = path.join(import.meta.dirname, '..', '..', 'infra', 'cluster', 'meta');
  const files = generatedFiles((name) => readFileSync(path.join(metaDir, 'facts', name), 'utf8'));
  for (const [name, text] of Object.entries(files)) {
    const committed = readFileSync(path.join(metaDir, 'generated', name), 'utf8');
    expect(committed === text, `generated/${name} is stale: run npm run generate`).toBe(true);
  }
});
