import { describe, expect, it } from 'vitest';
import type { Track } from '../contract/labs.ts';
import type { StartedProgramme } from './program-facts.ts';
import { chooseGroup, groupsOf, trackIn } from './program-groups.ts';

const person = (name: string) => ({ id: `pr_${name}`, name });
const programme = (
  name: string,
  track: Track | null,
  members: readonly string[],
  placed: Readonly<Record<string, Track>> = {},
): StartedProgramme => ({
  cohort: { id: `co_${name}`, name, members: members.map(person), createdAt: '2026-09-01T00:00:00.000Z' },
  document: { startsAt: '2026-09-01T00:00:00.000Z', track, team: `team of ${name}`, curriculum: [], baselines: {}, targets: {} },
  placed: new Map(Object.entries(placed).map(([one, of]) => [`pr_${one}`, of])),
});
const autumn = programme('autumn', 'administrator', ['ada', 'bo'], { bo: 'technical-lead' });
const winter = programme('winter', null, ['cy']);

describe('groups', () => {
  it('are the cohorts, the teams, and the tracks that somebody is on', () => {
    expect(groupsOf([autumn, winter]).map(({ by, name }) => `${by} ${name}`)).toEqual([
      'cohort autumn',
      'cohort winter',
      'track administrator',
      'track technical-lead',
      'team team of autumn',
      'team team of winter',
    ]);
  });

  it('put a person where they were placed, else where their cohort is', () => {
    expect(['pr_ada', 'pr_bo'].map((id) => trackIn(autumn, id))).toEqual(['administrator', 'technical-lead']);
    expect(trackIn(winter, 'pr_cy')).toBeNull();
  });

  it.each<[Track, string[], (string | null)[]]>([
    ['administrator', ['ada'], ['team of autumn']],
    ['technical-lead', ['bo'], [null]],
    ['platform-engineer', [], []],
  ])('of the track %s are the people on it, and its cohort’s team once', (track, people, teams) => {
    const chosen = chooseGroup([autumn, winter], 'track', track);
    expect(chosen.flatMap(({ cohort }) => cohort.members.map(({ name }) => name))).toEqual(people);
    expect(chosen.map(({ document }) => document.team)).toEqual(teams);
  });

  it('of a cohort or a team are whole', () => {
    expect(chooseGroup([autumn, winter], 'cohort', 'autumn')).toEqual([autumn]);
    expect(chooseGroup([autumn, winter], 'team', 'team of winter')).toEqual([winter]);
  });
});
