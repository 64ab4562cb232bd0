// Writes infra/cluster/meta/generated from the facts beside it and from the doc comments of two installed packages: npm run generate
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles } from './api-facts/generated-files.ts';

const metaDir = path.join(import.meta.dirname, '..', 'infra', 'cluster', 'meta');
const files = generatedFiles((name) => readFileSync(path.join(metaDir, 'facts', name), 'utf8'));
mkdirSync(path.join(metaDir, 'generated'), { recursive: true });
for (const [name, text] of Object.entries(files)) {
  writeFileSync(path.join(metaDir, 'generated', name), text);
  console.log(`generated/${name}: ${Math.round(text.length / 1024)} KB`);
}
