import { z } from 'zod';
import { findLeaks } from '../leaks.ts';
import { rowsOf, textOf, wholeText, type WrittenArtefact } from './artefact.ts';
import type { Classification } from './forms.ts';
import { countSubstance, sectionOf } from './substance.ts';

const name = z.string().min(1).max(100);
const words = z.int().min(1).max(500);

/**
 * What is asked of an artefact by machine. `sections`: headings of a Markdown field with so many words of one's own below each; `words`: fields with so many
 * words; `rows`: so many rows with the named columns filled; `answer`: a choice as given; `classification`: a choice as the live fault has it; `safe`: no
 * secrets and no personal data anywhere.
 */
export const artefactDemandSchema = z.discriminatedUnion('of', [
  z.strictObject({
    of: z.literal('sections'),
    field: name.default('text'),
    sections: z.array(name).min(1).max(20),
    minWords: words.default(8),
  }),
  z.strictObject({ of: z.literal('words'), fields: z.array(name).min(1).max(20), atLeast: words }),
  z.strictObject({ of: z.literal('rows'), field: name, atLeast: z.int().min(1).max(40), filled: z.array(name).min(1).max(6) }),
  z.strictObject({ of: z.literal('answer'), field: name, equals: name }),
  z.strictObject({ of: z.literal('classification'), field: name.default('classification') }),
  z.strictObject({ of: z.literal('safe') }),
]);

export type ArtefactDemand = z.infer<typeof artefactDemandSchema>;

/** What is known besides the text. */
export interface ArtefactFacts {
  /** Of the fault that is or was live. */
  readonly classification: Classification | undefined;
  readonly secrets: readonly string[];
}

/** It must not be told before the verdict, or three tries would always find it. */
export function givesAnswerAway({ of }: ArtefactDemand): boolean {
  return of === 'classification' || of === 'answer';
}

/** Why it is not met, in words that help to mend it; undefined when it is. Pure. */
export function findUnmet(demand: ArtefactDemand, artefact: WrittenArtefact, facts: ArtefactFacts): string | undefined {
  switch (demand.of) {
    case 'sections':
      return firstOf(demand.sections, (section) => thinSection(demand, section, artefact));
    case 'words':
      return firstOf(demand.fields, (field) => {
        const count = countSubstance(textOf(artefact.content, field), templateOf(artefact, field));
        return count >= demand.atLeast ? undefined : tooShort(labelOf(artefact, field), count, demand.atLeast);
      });
    case 'rows':
      return missingRows(demand, artefact);
    case 'answer':
      return wrongChoice(artefact, demand.field, demand.equals);
    case 'classification':
      return wrongChoice(artefact, demand.field, facts.classification);
    case 'safe': {
      const [leak] = findLeaks(wholeText(artefact.definition, artefact.content), facts.secrets);
      return leak === undefined
        ? undefined
        : `It holds what looks like ${leak.what}. A text that is passed on holds no ${leak.kind === 'secret' ? 'secrets' : 'personal data'}.`;
    }
  }
}

function thinSection(
  { field, minWords }: Extract<ArtefactDemand, { of: 'sections' }>,
  section: string,
  artefact: WrittenArtefact,
): string | undefined {
  const text = sectionOf(textOf(artefact.content, field), section);
  if (text === undefined) return `There is no section "${section}".`;
  const count = countSubstance(text, templateOf(artefact, field));
  return count >= minWords ? undefined : tooShort(`the section "${section}"`, count, minWords);
}

function missingRows({ field, atLeast, filled }: Extract<ArtefactDemand, { of: 'rows' }>, artefact: WrittenArtefact): string | undefined {
  const rows = rowsOf(artefact.content, field);
  const whole = rows.filter((row) => filled.every((column) => (row[column] ?? '').trim() !== ''));
  const distinct = new Set(whole.map((row) => filled.map((column) => row[column]?.trim().toLowerCase()).join('\u0000'))).size;
  if (distinct >= atLeast) return undefined;
  const unfilled = rows.length - whole.length;
  return `${labelOf(artefact, field)}: ${distinct} of at least ${atLeast} rows are there${unfilled === 0 ? '' : `; ${unfilled} lack ${filled.join(' or ')}`}.`;
}

function wrongChoice(artefact: WrittenArtefact, field: string, wanted: string | undefined): string | undefined {
  const chosen = textOf(artefact.content, field);
  if (chosen === '') return `${labelOf(artefact, field)}: nothing is chosen.`;
  return chosen === wanted ? undefined : `${labelOf(artefact, field)}: what happened points elsewhere. Ask where the remedy belongs.`;
}

function tooShort(what: string, count: number, wanted: number): string {
  return `In ${what} there ${count === 1 ? 'is 1 word' : `are ${count} words`} of your own; it takes ${wanted} to say something.`;
}

function labelOf({ definition }: WrittenArtefact, field: string): string {
  return definition.fields.find(({ id }) => id === field)?.label ?? field;
}

function templateOf({ definition }: WrittenArtefact, field: string): string {
  const found = definition.fields.find(({ id }) => id === field);
  return found?.kind === 'text' ? found.template : '';
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
