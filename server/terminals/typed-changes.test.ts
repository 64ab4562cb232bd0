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
    [`kubectl roll${at}kubectl rollout undo deployment/inference`, ['kubectl rollout undo deployment/inference']],
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
  const header = (columns: number): string => `${JSON.stringify({ version: 2, width: columns, height: 24, timestamp: 1_000 })}\n`;
  const event = (seconds: number, data: string): string => `${JSON.stringify([seconds, 'o', data])}\n`;

  it('tells what was typed when, as it stood after corrections, and is read anew once it has grown', async () => {
    const recordings = new FileRecordings(folder);
    const file = recordings.filesOf('a').cast;
    await mkdir(path.dirname(file));
    await writeFile(
      file,
      header(80) + event(1, `\u001b[32m${at}\u001b[0mkubectl scaXX\b\b  \b\b`) + event(5.5, 'le deployment gateway\r\nscaled\r\n'),
    );
    const changes = new TypedChanges(recordings);
    expect(await changes.of('a')).toEqual([{ atMs: 1_005_500, command: 'kubectl scale deployment gateway' }]);
    await appendFile(file, event(9, `${at}kubectl delete pod x\r\n`) + 'half a row');
    expect((await changes.of('a')).map(({ command }) => command)).toEqual(['kubectl scale deployment gateway', 'kubectl delete pod x']);
    expect(await changes.of('none')).toEqual([]);
  });

  /** As bash writes it: a blank and a carriage return after each row that is full, which bring the cursor to the next. */
  const typed = (command: string, columns = 80): string =>
    `${`${at}${command}`.replace(new RegExp(`.{${columns}}(?=.)`, 'g'), '$& \r')}\r\n`;

  it.each([
    [
      'a command that wraps, whole',
      80,
      [
        typed(
          'kubectl patch deployment/inference -p "{spec: {replicas: 2, template: {spec: {}}}}" && kubectl rollout undo deployment/inference',
        ),
      ],
      ['kubectl patch deployment/inference', 'kubectl rollout undo deployment/inference'],
    ],
    ['one in a narrow window', 30, [typed('kubectl scale deployment gateway --replicas=2', 30)], ['kubectl scale deployment gateway']],
    [
      'what was typed while a command ran',
      80,
      [`\u001b[?2004l\rubectl roll\u001b[?2004h${at}kubectl rollout undo deployment/inference\r\n`],
      ['kubectl rollout undo deployment/inference'],
    ],
    [
      'nothing of what an editor shows',
      80,
      [
        `${at}vi notes\r\n\u001b[?1049h\u001b[2J\u001b[H${at}kubectl delete pod x\r\n~\r\n\u001b[?1049l`,
        `${at}kubectl scale deployment x\r\n`,
      ],
      ['kubectl scale deployment x'],
    ],
  ])('holds %s', async (_, columns, outputs, commands) => {
    const recordings = new FileRecordings(folder);
    const terminalId = `t${columns}-${commands.join()}`.replace(/\W/g, '-');
    const file = recordings.filesOf(terminalId).cast;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, header(columns) + outputs.map((output, second) => event(second, output)).join(''));
    expect((await new TypedChanges(recordings).of(terminalId)).map(({ command }) => command)).toEqual(commands);
  });

  it('follows the window where it is made wider', async () => {
    const recordings = new FileRecordings(folder);
    const file = recordings.filesOf('wider').cast;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(
      file,
      `${header(30)}${JSON.stringify([1, 'r', '60x30'])}\n${event(2, typed('kubectl scale deployment gateway --replicas=2', 60))}`,
    );
    expect(await new TypedChanges(recordings).of('wider')).toEqual([{ atMs: 1_002_000, command: 'kubectl scale deployment gateway' }]);
  });
});
