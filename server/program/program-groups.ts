import { trackSchema, type Track } from '../contract/labs.ts';
import { TRACK_LABELS, type Figures, type Grouping } from '../contract/program.ts';
import type { StartedProgramme } from './program-facts.ts';

/** The track of one member: where they were placed, else what their cohort is on. */
export function trackIn({ document, placed }: StartedProgramme, personId: string): Track | null {
  return placed?.get(personId) ?? document.track;
}

/** The programmes of a group. A track is of people: of each programme those of its members who are on it. Pure. */
export function chooseGroup(started: readonly StartedProgramme[], by: Grouping, name: string | undefined): readonly StartedProgramme[] {
  if (by !== 'track') return started.filter((programme) => namesIn(programme, by).includes(name ?? ''));
  return started.flatMap((programme) => {
    const { cohort, document } = programme;
    const members = cohort.members.filter(({ id }) => trackIn(programme, id) === name);
    if (members.length === 0 && document.track !== name) return [];
    // Tickets and changes are of a team and of no track but the one that its cohort was given.
    const team = document.track === name ? document.team : null;
    return [{ ...programme, cohort: { ...cohort, members }, document: { ...document, team } }];
  });
}

/** What can be chosen, by name within each kind. Pure. */
export function groupsOf(started: readonly StartedProgramme[]): Figures['groups'] {
  return (['cohort', 'track', 'team'] as const).flatMap((by) =>
    [...new Set(started.flatMap((programme) => namesIn(programme, by)))].toSorted().map((name) => ({ by, name, label: labelOf(by, name) })),
  );
}

export function labelOf(by: Grouping, name: string): string {
  return by === 'track' ? TRACK_LABELS[trackSchema.parse(name)] : name;
}

function namesIn(programme: StartedProgramme, by: Grouping): readonly string[] {
  const { cohort, document } = programme;
  switch (by) {
    case 'cohort':
      return [cohort.name];
    case 'team':
      return document.team === null ? [] : [document.team];
    case 'track':
      return [document.track, ...cohort.members.map(({ id }) => trackIn(programme, id))].filter((track) => track !== null);
  }
}
