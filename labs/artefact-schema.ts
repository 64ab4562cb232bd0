import { z } from 'zod';
import { artefactFieldSchema, rubricItemSchema } from '../grader/artefacts/artefact.ts';
import { formNames, type FormName } from '../grader/artefacts/forms.ts';

const file = z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, "must be a path below the lab's folder");

/**
 * Something the trainee writes: after a `form` of the house, from a Markdown `template`, or with `fields` of the lab's own. Title, purpose and rubric are the
 * form's where they are left out. The `example` is a good one: `lab prove` judges it. A Markdown file fills the field `text`, YAML the fields by their ids;
 * `{{classification}}` in it is the fault's.
 */
export const labArtefactSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be of small letters, digits and dashes'),
    form: z.enum(formNames as readonly [FormName, ...FormName[]]).optional(),
    template: file.optional(),
    fields: z.array(artefactFieldSchema).min(1).max(20).optional(),
    title: z.string().min(1).max(80).optional(),
    purpose: z.string().min(1).max(400).optional(),
    rubric: z.array(rubricItemSchema).max(12).optional(),
    example: file,
  })
  .refine(
    ({ form, template, fields }) => [form, template, fields].filter((way) => way !== undefined).length === 1,
    'needs one of form, template and fields',
  )
  .refine(({ form, title, purpose }) => form !== undefined || (title !== undefined && purpose !== undefined), {
    message: 'needs a title and a purpose, because it has no form that gives them',
    path: ['title'],
  });

export type LabArtefact = z.infer<typeof labArtefactSchema>;
