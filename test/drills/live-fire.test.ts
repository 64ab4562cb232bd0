import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownLabsDir } from '../../labs/catalogue.ts';
import { startApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import type { AccountRole } from '../../server/contract/roles.ts';
import type { DrillMove, DrillRole, DrillView } from '../../server/contract/drills.ts';
import { createLogger } from '../../server/log.ts';
import type { RunningServer } from '../../server/server.ts';
import type { PersonRow } from '../../server/store/schema.ts';
import { eventually } from '../../server/testing/eventually.ts';

/** Pods, an index and a model server start, on a machine that may be busy. */
const PATIENCE_MS = 200_000;

let dataDir: string;
let server: RunningServer;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-live-fire-'));
  const config = readConfig({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', RUNTIME: 'process' }, [], ownLabsDir);
  server = await startApp({ config, log: createLogger('silent'), report: () => undefined, onDataLost: () => undefined });
});
afterAll(async () => {
  const { supervisor, substrate } = server.services;
  // A server lets go of sandboxes without ending them; after a failure nobody would.
  await Promise.all(supervisor.running.map(({ actor }) => substrate.release(actor.attempt.sandboxId)));
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

function addPerson(name: string, role: AccountRole): Promise<PersonRow> {
  return server.services.accounts.people.add({ email: `${name}@example.com`, name, role });
}

it('live fire breaks the service of the team’s own sandbox, sees it from outside, rewinds it, and has it graded', async () => {
  const { drills, supervisor } = server.services;
  const [fay, cara, lia, eve] = [
    await addPerson('Fay', 'instructor'),
    await addPerson('Cara', 'trainee'),
    await addPerson('Lia', 'trainee'),
    await addPerson('Eve', 'trainee'),
  ];
  const cast: readonly (readonly [PersonRow, DrillRole])[] = [
    [fay, 'facilitator'],
    [cara, 'commander'],
    [lia, 'customer-liaison'],
    [eve, 'expert'],
  ];
  const members = cast.map(([{ id: personId }, role]) => ({ personId, role }));
  const { id } = await drills.schedule(fay, { script: 'data-source-gone', mode: 'live-fire', members });
  const make = (move: DrillMove): Promise<DrillView> => drills.move(fay, id, move);
  const until = (what: string, holds: (view: DrillView) => boolean): Promise<DrillView> =>
    eventually(
      what,
      async () => {
        const view = await drills.read(fay, id);
        return holds(view) && view;
      },
      PATIENCE_MS,
    ).catch(async (error: unknown) => {
      const { sandbox, service, exercise } = await drills.read(fay, id);
      const seen = exercise?.timeline.slice(-8).map(({ words, detail }) => `${words} ${detail}`);
      throw new Error(`${String(error)} ${JSON.stringify({ sandbox, service: service?.seen, seen })}`, { cause: error });
    });

  await make({ move: 'start' });
  // The script's own clock would bring the fault while the sandbox is still being made.
  await make({ move: 'pause', reason: '' });
  const ready = await until('the sandbox', ({ sandbox }) => sandbox?.ready === true);
  await until('a good look at the service', ({ service }) => service?.state === 'up');
  const attemptId = ready.sandbox?.attemptId ?? '';
  const attempt = await supervisor.read(attemptId);
  expect(attempt.members.map(({ personId, role }) => [personId, role])).toEqual([
    [cara.id, 'commander'],
    [lia.id, 'customer-liaison'],
    [eve.id, 'expert'],
  ]);

  await make({ move: 'checkpoint', label: 'Before' });
  const checkpoint = (await drills.read(fay, id)).exercise?.checkpoints[0]?.id ?? 0;
  await make({ move: 'fire', inject: 2 });
  const broken = await until(
    'the fault seen from outside',
    ({ service, sandbox }) => service?.state === 'down' && sandbox?.words.includes('is live') === true,
  );
  expect(broken.sandbox?.words).toBe('The fault index-gone is live.');
  // Players see that there is a sandbox, and not what was done to it.
  expect(JSON.stringify(await drills.read(eve, id))).not.toContain('index-gone');
  expect((await supervisor.read(attemptId)).injection?.fault).toBe('index-gone');

  await make({ move: 'rewind', checkpoint });
  await until('the service well again', ({ service, sandbox }) => service?.state === 'up' && sandbox?.words.includes('is well') === true);
  expect((await supervisor.read(attemptId)).injection?.fault).toBe('nothing-wrong');

  await make({ move: 'end' });
  await eventually('the verdict', async () => (await supervisor.read(attemptId)).score !== null, PATIENCE_MS);
  const { review } = await drills.review(cara, id);
  expect(review.timeline.some(({ kind, undone }) => kind === 'service' && undone)).toBe(true);
}, 480_000);
