import { z } from 'zod';

const id = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be of small letters, digits and dashes');
const label = z.string().min(1).max(100);
const help = z.string().max(400).optional();

/** Bounds of what one person writes into one artefact; the server refuses more. */
export const artefactLimits = { fieldCharacters: 20_000, rows: 60, cellCharacters: 500 } as const;

/**
 * One thing to fill in. `text` is Markdown and begins as its `template`, which counts for nothing by itself; `choice` is one of its options; `table` has rows
 * of short texts, and with `fromRecord` may begin with the moments that the product itself noted (columns `at` and `what`), with `fromRuns` with what
 * was measured (columns `run`, `cost`, `latency` and `quality`).
 */
export const artefactFieldSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), id, label, help, template: z.string().max(artefactLimits.fieldCharacters).default('') }),
  z.strictObject({
    kind: z.literal('choice'),
    id,
    label,
    help,
    options: z
      .array(z.strictObject({ value: id, label }))
      .min(2)
      .max(12),
  }),
  z.strictObject({
    kind: z.literal('table'),
    id,
    label,
    help,
    columns: z.array(z.strictObject({ id, label })).min(1).max(6),
    fromRecord: z.boolean().default(false),
    fromRuns: z.boolean().optional(),
  }),
]);

export type ArtefactField = z.infer<typeof artefactFieldSchema>;

/** What a person judges, 0 to 3 each. */
export const rubricItemSchema = z.strictObject({ id, title: z.string().min(1).max(200) });

/** Something to be written in an attempt: a runbook, a cost analysis, a postmortem. */
export const artefactSchema = z.strictObject({
  id,
  title: z.string().min(1).max(80),
  /** Who will read it and what for, in a sentence or two. */
  purpose: z.string().min(1).max(400),
  fields: z.array(artefactFieldSchema).min(1).max(20),
  rubric: z.array(rubricItemSchema).max(12),
});

export type ArtefactDefinition = z.infer<typeof artefactSchema>;

/** What was written, by the field's id. What is missing was not written. */
export const artefactContentSchema = z.record(
  id,
  z.union([
    z.string().max(artefactLimits.fieldCharacters),
    z.array(z.record(id, z.string().max(artefactLimits.cellCharacters))).max(artefactLimits.rows),
  ]),
);

export type ArtefactContent = z.infer<typeof artefactContentSchema>;

export interface WrittenArtefact {
  readonly definition: ArtefactDefinition;
  readonly content: ArtefactContent;
}

export function textOf(content: ArtefactContent, field: string): string {
  const value = content[field];
  return typeof value === 'string' ? value : '';
}

export function rowsOf(content: ArtefactContent, field: string): readonly Readonly<Record<string, string>>[] {
  const value = content[field];
  return Array.isArray(value) ? value : [];
}

/** How an artefact looks before anybody wrote a word. */
export function emptyContent({ fields }: ArtefactDefinition): ArtefactContent {
  return Object.fromEntries(fields.map((field) => [field.id, field.kind === 'text' ? field.template : field.kind === 'choice' ? '' : []]));
}

/** Content that fits its definition: unknown fields and columns, rows without a word and choices that are none are left out. Pure. */
export function fitContent({ fields }: ArtefactDefinition, content: ArtefactContent): ArtefactContent {
  return Object.fromEntries(fields.map((field) => [field.id, fitField(field, content)]));
}

function fitField(field: ArtefactField, content: ArtefactContent): ArtefactContent[string] {
  switch (field.kind) {
    case 'text':
      return textOf(content, field.id);
    case 'choice': {
      const value = textOf(content, field.id);
      return field.options.some((option) => option.value === value) ? value : '';
    }
    case 'table':
      return rowsOf(content, field.id)
        .map((row) => Object.fromEntries(field.columns.map((column) => [column.id, row[column.id] ?? ''])))
        .filter((row) => Object.values(row).some((cell) => cell.trim() !== ''));
  }
}

/** All of it as one text, as a reader meets it. */
export function wholeText({ fields }: ArtefactDefinition, content: ArtefactContent): string {
  return fields
    .map((field) =>
      field.kind === 'table'
        ? rowsOf(content, field.id)
            .map((row) => field.columns.map((column) => row[column.id] ?? '').join(' | '))
            .join('\n')
        : textOf(content, field.id),
    )
    .join('\n\n');
}
