import { describe, expect, it } from 'vitest';
import { parseImport } from './csv-import.ts';

const problemsOf = (kind: 'tickets' | 'changes', csv: string): string[] =>
  parseImport(kind, csv).problems.map(({ line, message, remedy }) => `${line}: ${message} ${remedy}`);

describe('parseImport', () => {
  it('reads tickets, whatever the order of columns and the others beside them', () => {
    const { rows, problems } = parseImport(
      'tickets',
      '\uFEFFTeam,Id,Opened At,Priority\r\nops,T-1,2026-11-02,high\r\n,T-2,2026-11-03T10:00:00+02:00,\r\n',
    );
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      { id: 'T-1', atMs: Date.UTC(2026, 10, 2), team: 'ops', failed: null },
      { id: 'T-2', atMs: Date.UTC(2026, 10, 3, 8), team: null, failed: null },
    ]);
  });

  it('reads changes', () => {
    const { rows } = parseImport('changes', 'id,deployed_at,failed\nC-1,2026-11-02T09:00:00Z,Yes\n"C,2",2026-11-02,0\n');
    expect(rows.map(({ id, failed }) => [id, failed])).toEqual([
      ['C-1', true],
      ['C,2', false],
    ]);
  });

  it('names the lines that are wrong and reads the others', () => {
    const csv =
      'id,deployed_at,failed\nC-1,yesterday,no\n,2026-11-02,no\nC-3,2026-11-02,perhaps\nC-4,2026-02-30,no\nC-5,2026-11-02 09:00,no\nC-6,2026-11-02,no\n';
    expect(problemsOf('changes', csv)).toEqual([
      '2: deployed_at is "yesterday", which is no time. Write 2026-11-21 or 2026-11-21T09:30:00Z.',
      '3: The id is empty or longer than 100 characters. Give each row the id that it has at its source.',
      '4: failed is "perhaps", which is neither yes nor no. Write yes or no.',
      '5: deployed_at is "2026-02-30", which is no time. Write 2026-11-21 or 2026-11-21T09:30:00Z.',
      '6: deployed_at is "2026-11-02 09:00", which is no time. Write 2026-11-21 or 2026-11-21T09:30:00Z.',
    ]);
    expect(parseImport('changes', csv).rows.map(({ id }) => id)).toEqual(['C-6']);
  });

  it.each([
    ['without rows', 'id,opened_at\n', '1: There are no rows.'],
    [
      'with wrong columns',
      'number,when\n1,2026-11-02\n',
      '1: The columns id, opened_at are missing; there are number, when. Name the columns id, opened_at, team.',
    ],
    ['with a line that is too long', 'id,opened_at\nT-1,2026-11-02,x\n', '2: This is not CSV:'],
    ['with an open quote', 'id,opened_at\n"T-1,2026-11-02\n', '2: This is not CSV:'],
    ['that is a picture', '\u0000PNG\u0001', '1: There are no rows.'],
  ])('tells what is wrong with a file %s', (_what, csv, words) => {
    expect(problemsOf('tickets', csv)[0]).toContain(words);
  });
});
