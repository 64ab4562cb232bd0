import { trackSchema, type LabView, type Track } from '../../../server/contract/labs.ts';
import type { SaveProgramme } from '../../../server/contract/program.ts';

type Item = SaveProgramme['curriculum'][number];

/** The labs come in the middle part of the ninety days. */
const AFTER_DAY = 30;
const SPAN_DAYS = 30;
const MAX_ITEMS = 20;
const LEVELS: readonly LabView['level'][] = ['foundation', 'intermediate', 'advanced'];

/** Every lab of the catalogue, the easier ones first, evenly over days 31 to 60, each for the tracks it was written for. Pure. */
export function suggestCurriculum(labs: readonly Pick<LabView, 'slug' | 'level' | 'tracks'>[]): Item[] {
  const chosen = labs.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level)).slice(0, MAX_ITEMS);
  return chosen.map(({ slug, tracks }, index) =>
    forTracks({ lab: slug, dueDay: AFTER_DAY + Math.round(((index + 1) * SPAN_DAYS) / chosen.length) }, tracks),
  );
}

/** A lab that is for every track is for everybody. */
export function forTracks({ lab, dueDay }: Item, tracks: readonly Track[]): Item {
  const known = trackSchema.options.filter((track) => tracks.includes(track));
  return known.length === 0 || known.length === trackSchema.options.length ? { lab, dueDay } : { lab, dueDay, tracks: known };
}

export function tracksOf({ tracks }: Item): readonly Track[] {
  return tracks ?? trackSchema.options;
}
