import type { ArtefactState } from '../../../server/contract/artefacts.ts';
import type { CurriculumItem, CurriculumState } from '../../../server/contract/curriculum.ts';
import type { Tone } from '../parts/status-tag.tsx';

interface Words {
  readonly label: string;
  readonly tone: Tone;
}

export const STATE_WORDS: Readonly<Record<CurriculumState, Words>> = {
  upcoming: { label: 'To come', tone: 'quiet' },
  'due-soon': { label: 'Due soon', tone: 'accent' },
  overdue: { label: 'Overdue', tone: 'warn' },
  done: { label: 'Done', tone: 'pass' },
  'done-late': { label: 'Done late', tone: 'pass' },
};

export const ARTEFACT_WORDS: Readonly<Record<ArtefactState, Words>> = {
  open: { label: 'not handed in', tone: 'quiet' },
  'handed-in': { label: 'handed in', tone: 'accent' },
  returned: { label: 'returned', tone: 'warn' },
  accepted: { label: 'accepted', tone: 'pass' },
};

export const PHASE_WORDS: Readonly<Record<CurriculumItem['phase'], string>> = {
  baseline: 'Days 1 to 30: baseline and design',
  labs: 'Days 31 to 60: labs and artefacts',
  certify: 'Days 61 to 90: certify and measure again',
};

/** "2 of 5 done, 1 overdue". */
export function progressWords(items: readonly Pick<CurriculumItem, 'state'>[]): string {
  const done = items.filter(({ state }) => state === 'done' || state === 'done-late').length;
  const overdue = items.filter(({ state }) => state === 'overdue').length;
  return `${done} of ${items.length} done${overdue === 0 ? '' : `, ${overdue} overdue`}`;
}
