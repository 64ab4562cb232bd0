import { describe, expect, it } from 'vitest';
import { roleSchema } from '../../../server/contract/roles.ts';
import { DESTINATIONS, destinationsOf, homeOf, mayInstruct, mayOverride } from './permissions.ts';

describe('destinations', () => {
  it.each(roleSchema.options)('send a %s home to a page they may see', (role) => {
    expect(destinationsOf(role).map((destination) => destination.path)).toContain(homeOf(role));
  });

  it('show a trainee the labs, what is due, drills and certificates, and nothing else', () => {
    expect(destinationsOf('trainee').map((destination) => destination.path)).toEqual([
      '/labs',
      '/training',
      '/drills',
      '/certificates',
      '/skills',
    ]);
  });

  it('show an administrator everything', () => {
    expect(destinationsOf('admin')).toEqual(DESTINATIONS);
  });

  it('have keys that do not collide', () => {
    expect(new Set(DESTINATIONS.map((destination) => destination.key)).size).toBe(DESTINATIONS.length);
  });
});

describe('permissions', () => {
  it('keep grading and instructing apart', () => {
    expect(mayOverride('instructor')).toBe(false);
    expect(mayInstruct('manager')).toBe(false);
    expect(mayOverride('admin') && mayInstruct('admin')).toBe(true);
  });
});
