import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileRecordings } from './file-recordings.ts';
import { changesIn, TypedChanges } from './typed-changes.ts';

const at = 'trainee@workspace:~/lab$ ';

describe('a line of a terminal', () => {
  it.each([
    [`${at}kubectl rollout undo deployment/retrieval`, ['kubectl rollout undo deployment/retrieval']],
    [`${at}kubectl -n acacia scale deployment gateway --replicas=0`, ['kubectl scale deployment gateway']],
    [`${at}kubectl create secret generic app-key --from-literal=key=sk-lab-0123456789`, ['kubectl create secret generic']],
    [
      `${at}kubectl patch deployment x -p '{"a": "secret"}' && kubectl delete pod --all`,
      ['kubectl patch deployment x', 'kubectl delete pod'],
    ],
    [`${at}kubectl get pods`, []],
    [`${at}kubectl rollout status deployment/gateway`, []],
    ['  kubectl delete pod a   # said by a file that was shown', []],
    [`${at}ls -l`, []],
  ])('%s', (line, commands) => {
    expect(changesIn(line)).toEqual(commands);
  });
});

describe('a recording', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-typed-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const event = (seconds: number, data: string): string => `${JSON.stringify([seconds, 'o', data])}\n`;

  it('tells what was typed when, as it stood after corrections, and is read anew once it has grown', async () => {
    const recordings = new FileRecordings(folder);
    const file = recordings.filesOf('a').cast;
    await mkdir(path.dirname(file));
    const header = `${JSON.stringify({ version: 2, width: 80, height: 24, timestamp: 1_000 })}\n`;
    await writeFile(
      file,
      header + event(1, `\u001b[32m${at}\u001b[0mkubectl scaXX\b\b  \b\b`) + event(5.5, 'le deployment gateway\r\nscaled\r\n'),
    );
    const changes = new TypedChanges(recordings);
    expect(await changes.of('a')).toEqual([{ atMs: 1_005_500, command: 'kubectl scale deployment gateway' }]);
    await appendFile(file, event(9, `${at}kubectl delete pod x\r\n`) + 'half a row');
    expect((await changes.of('a')).map(({ command }) => command)).toEqual(['kubectl scale deployment gateway', 'kubectl delete pod x']);
    expect(await changes.of('none')).toEqual([]);
  });
});
