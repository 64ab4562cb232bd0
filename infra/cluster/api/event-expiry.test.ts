import { describe, expect, it } from 'vitest';
import type { Event } from '../meta/generated/types.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { ObjectStore } from '../store/object-store.ts';
import { EventExpiry, planExpiry } from './event-expiry.ts';

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const event = (name: string, times: { created?: number; last?: number; seen?: number }): Event => {
  const text = (minute: number): string => new Date(START_MS + minute * MINUTE_MS).toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default', ...(times.created === undefined ? {} : { creationTimestamp: text(times.created) }) },
    involvedObject: {},
    ...(times.last === undefined ? {} : { lastTimestamp: text(times.last) }),
    ...(times.seen === undefined ? {} : { series: { count: 2, lastObservedTime: text(times.seen) } }),
  };
};

describe('events', () => {
  it.each([
    ['created an hour ago', event('a', { created: 0 }), true],
    ['created less than an hour ago', event('a', { created: 1 }), false],
    ['old, but seen again', event('a', { created: 0, last: 30 }), false],
    ['old, in a series that goes on', event('a', { created: 0, seen: 59 }), false],
    ['without any time', event('a', {}), true],
  ])('%s', (_name, one, isGone) => {
    expect(planExpiry([one], START_MS + 60 * MINUTE_MS)).toEqual(isGone ? [one] : []);
  });

  it('go oldest first where there are too many', () => {
    const events = [event('b', { created: 2 }), event('a', { created: 1 }), event('c', { created: 3 })];
    expect(planExpiry(events, START_MS + 4 * MINUTE_MS, 1).map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('are gone from the store after an hour of the clock, and no timer is left when that ends', async () => {
    const clock = new ManualClock(START_MS);
    const store = new ObjectStore();
    const expiry = new EventExpiry(store, clock);
    store.create('/events', event('a', { created: 0 }));
    store.create('/events', event('b', { created: 0, last: 30 }));
    await clock.advance(59 * MINUTE_MS);
    expect(store.count('/events')).toBe(2);
    await clock.advance(2 * MINUTE_MS);
    expect(store.list('/events').map(({ metadata }) => metadata.name)).toEqual(['b']);
    expiry[Symbol.dispose]();
    await clock.advance(600 * MINUTE_MS);
    expect(store.count('/events')).toBe(1);
  });
});
