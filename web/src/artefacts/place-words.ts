import type { ArtefactContentView, ArtefactFieldView, CommentPlace, StartThread } from '../../../server/contract/artefacts.ts';
import { rowsOf, textOf } from './content.ts';

const MAX_SHOWN = 60;

/** "Overview, line 3", "Timeline, row 2", "The whole". */
export function placeWords(fields: readonly ArtefactFieldView[], place: Pick<CommentPlace, 'field' | 'line'> | null): string {
  if (place === null) return 'The whole';
  const field = fields.find(({ id }) => id === place.field);
  const label = field?.label ?? place.field;
  if (place.line === null) return label;
  return `${label}, ${field?.kind === 'table' ? 'row' : 'line'} ${place.line}`;
}

export interface PlaceOption {
  readonly value: string;
  readonly label: string;
  readonly place: StartThread['place'];
}

/** Every place of a version that a comment can be about: the whole, each field, each line with something in it. */
export function placeOptions(fields: readonly ArtefactFieldView[], content: ArtefactContentView): readonly PlaceOption[] {
  const whole: PlaceOption = { value: '', label: placeWords(fields, null), place: null };
  return [whole, ...fields.flatMap((field) => [fieldOption(fields, field), ...lineOptions(fields, field, content)])];
}

function fieldOption(fields: readonly ArtefactFieldView[], { id }: ArtefactFieldView): PlaceOption {
  const place = { field: id, line: null };
  return { value: id, label: placeWords(fields, place), place };
}

function lineOptions(fields: readonly ArtefactFieldView[], field: ArtefactFieldView, content: ArtefactContentView): PlaceOption[] {
  if (field.kind === 'choice') return [];
  const lines =
    field.kind === 'text'
      ? textOf(content, field.id).split('\n')
      : rowsOf(content, field.id).map((row) => field.columns.map(({ id }) => row[id] ?? '').join(' | '));
  return lines.flatMap((text, index) => {
    if (text.trim() === '') return [];
    const place = { field: field.id, line: index + 1 };
    const shown = text.trim().length > MAX_SHOWN ? `${text.trim().slice(0, MAX_SHOWN)}…` : text.trim();
    return [{ value: `${field.id} ${index + 1}`, label: `${placeWords(fields, place)}: ${shown}`, place }];
  });
}
