import type { ArtefactContent, ArtefactDefinition } from '../../grader/artefacts/artefact.ts';
import { AppError } from '../app-error.ts';
import type { CommentPlace, StartThread } from '../contract/artefacts.ts';

const MAX_QUOTE = 200;

/** The place with the words that stand there in this version. Throws InvalidRequest for a field or a line that the version does not have. Pure. */
export function quotePlace(definition: ArtefactDefinition, content: ArtefactContent, place: StartThread['place']): CommentPlace | null {
  if (place === null) return null;
  const field = definition.fields.find(({ id }) => id === place.field);
  if (field === undefined) throw noSuchPlace(`It has no field ${place.field}.`);
  if (place.line === null) return { ...place, quote: '' };
  const lines = linesOf(content[field.id]);
  const quote = lines[place.line - 1];
  if (quote === undefined) throw noSuchPlace(`${field.label} has ${lines.length} lines in this version.`);
  return { ...place, quote: quote.trim().slice(0, MAX_QUOTE) };
}

/** A row of a table counts as a line. */
function linesOf(value: ArtefactContent[string] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? value.split('\n') : value.map((row) => Object.values(row).join(' | '));
}

function noSuchPlace(message: string): AppError {
  return new AppError('InvalidRequest', message, { remedy: 'Reload the page and choose the place again.' });
}
