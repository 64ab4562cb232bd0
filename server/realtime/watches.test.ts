import { beforeEach, describe, expect, it } from 'vitest';
import type { Services } from '../http/services.ts';
import { attemptEvents } from './attempt-events.ts';
import type { Connection } from './connection.ts';
import { drillEvents } from './drill-events.ts';
import type { Reply } from './socket-event.ts';

const id = `at_${'a'.repeat(20)}`;
/** What is kept for pages and was not let go of. */
let kept: number;
/** Of the attempt, as it stands. */
let revision: number;
/** What happens while the server looks something up. */
let meanwhile: () => void;
let rooms: string[];
let connection: Connection;

const keep = (): Disposable => {
  kept += 1;
  return {
    [Symbol.dispose]: () => {
      kept -= 1;
    },
  };
};
const lookUp = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  meanwhile();
};

const services = {
  commands: { arrive: lookUp },
  supervisor: { find: () => undefined, read: async () => ({ id, revision }) },
  presence: { enter: keep, present: () => [] },
  views: { view: async (attempt: unknown) => attempt, present: async () => [] },
  drills: {
    watch: async () => {
      await lookUp();
      return keep();
    },
  },
} as unknown as Services;

const ask = (event: string): Promise<Reply> => {
  const [name, kind = ''] = event.split(' ');
  const found = [...attemptEvents(services), ...drillEvents(services)].find((candidate) => candidate.name === name);
  return found!.handle({ [kind]: id }, connection);
};

beforeEach(() => {
  kept = 0;
  revision = 1;
  meanwhile = () => undefined;
  rooms = [];
  const socket = { connected: true, join: (room: string) => rooms.push(room) };
  connection = { socket, person: { id: 'pr_1' }, watches: new Map() } as unknown as Connection;
});

it('who begins to watch is given the attempt as it stands once they are told of changes', async () => {
  meanwhile = () => (revision = 2);
  expect(await ask('attempt:watch attemptId')).toEqual({ data: { attempt: { id, revision: 2 }, present: [] } });
});

describe.each(['attempt:watch attemptId', 'drill:watch drillId'])('%s', (event) => {
  it('keeps one watch, however often and at once it is asked for', async () => {
    await Promise.all([ask(event), ask(event), ask(event)]);
    await ask(event);
    expect([kept, connection.watches.size]).toEqual([1, 1]);
  });

  it('keeps nothing for a page that left meanwhile', async () => {
    let looked = 0;
    meanwhile = () => {
      looked += 1;
      (connection.socket as { connected: boolean }).connected = false;
    };
    await Promise.allSettled([ask(event)]);
    expect(looked).toBe(1);
    expect([kept, connection.watches.size, rooms]).toEqual([0, 0, []]);
  });
});
