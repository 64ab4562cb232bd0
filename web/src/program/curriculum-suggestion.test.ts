import { describe, expect, it } from 'vitest';
import { saveProgrammeSchema } from '../../../server/contract/program.ts';
import { forTracks, suggestCurriculum, tracksOf } from './curriculum-suggestion.ts';

const all = ['administrator', 'platform-engineer', 'technical-lead'] as const;

describe('a suggested curriculum', () => {
  it('has the easier labs first, over the second thirty days, each for its tracks', () => {
    expect(
      suggestCurriculum([
        { slug: 'cost', level: 'advanced', tracks: ['technical-lead'] },
        { slug: 'endpoint', level: 'foundation', tracks: [...all] },
        { slug: 'gateway', level: 'intermediate', tracks: ['platform-engineer', 'administrator'] },
      ]),
    ).toEqual([
      { lab: 'endpoint', dueDay: 40 },
      { lab: 'gateway', dueDay: 50, tracks: ['administrator', 'platform-engineer'] },
      { lab: 'cost', dueDay: 60, tracks: ['technical-lead'] },
    ]);
  });

  it('is one that can be saved, however many labs there are', () => {
    const labs = Array.from({ length: 30 }, (_, index) => ({ slug: `lab-${index}`, level: 'foundation' as const, tracks: [...all] }));
    const curriculum = suggestCurriculum(labs);
    expect(saveProgrammeSchema.shape.curriculum.safeParse(curriculum).success).toBe(true);
    expect(suggestCurriculum([])).toEqual([]);
  });

  it('says everybody by naming nobody', () => {
    const item = { lab: 'cost', dueDay: 40 };
    expect(tracksOf(item)).toEqual(all);
    expect(forTracks({ ...item, tracks: ['technical-lead'] }, all)).toEqual(item);
    expect(forTracks(item, [])).toEqual(item);
  });
});
