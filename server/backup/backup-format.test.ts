import { describe, expect, it } from 'vitest';
import { parseEntryName } from './backup-format.ts';

describe('what an entry of a backup is', () => {
  it.each([
    ['manifest.json', { kind: 'manifest' }],
    ['tables/people/0.ndjson', { kind: 'rows', table: 'people' }],
    ['files/recordings/t_1.cast', { kind: 'file', path: 'recordings/t_1.cast' }],
    ['files/labs/endpoint/1.0.0/lab.yaml', { kind: 'file', path: 'labs/endpoint/1.0.0/lab.yaml' }],
  ])('%s', (name, entry) => {
    expect(parseEntryName(name)).toEqual(entry);
  });

  it.each([
    'files/../server.lock',
    'files/recordings/../../etc/passwd',
    'files//etc/passwd',
    'files/recordings',
    'files/drillhouse.db',
    'files/sandboxes/a',
    'files/./keys/a',
    'tables/people; drop table people/0.ndjson',
    'tables/people/x.ndjson',
    '/manifest.json',
    '',
  ])('%j is nothing that a backup holds', (name) => {
    expect(parseEntryName(name)).toEqual({ kind: 'unknown' });
  });
});
