import { parse } from 'yaml';
import {
  artefactContentSchema,
  artefactSchema,
  emptyContent,
  fitContent,
  type ArtefactContent,
  type ArtefactDefinition,
} from '../grader/artefacts/artefact.ts';
import { artefactForms, type Classification } from '../grader/artefacts/forms.ts';
import type { LabArtefact } from './artefact-schema.ts';
import type { OfferedArtefact } from './lab-stage.ts';
import type { RenderedLab } from './lab.ts';
import { renderValue } from './template.ts';

/** The artefacts of a lab's variant, and what its checks ask of them. Pure. */
export function offerArtefacts(lab: RenderedLab): readonly OfferedArtefact[] {
  const classificationOf = Object.fromEntries(
    lab.file.faults.flatMap(({ id, classification }) => (classification === undefined ? [] : [[id, classification]])),
  );
  // What only one fault is judged by would tell which fault it is.
  const told = new Set([...lab.file.verdict, ...lab.file.steps.flatMap(({ checks }) => checks)]);
  return lab.file.artefacts.map((spec) => ({
    definition: defineArtefact(lab, spec),
    checks: Object.entries(lab.file.checks).flatMap(([id, check]) =>
      check.kind === 'artefact' && check.artefact === spec.id && told.has(id) && !check.hidden
        ? [{ id, title: check.title, explain: check.explain, demands: check.demands }]
        : [],
    ),
    classificationOf,
  }));
}

export function defineArtefact(lab: RenderedLab, { id, form, template, fields, title, purpose, rubric }: LabArtefact): ArtefactDefinition {
  const given = form === undefined ? undefined : artefactForms[form];
  const ownTitle = title ?? given?.title ?? id;
  const text = { kind: 'text', id: 'text', label: ownTitle, template: template === undefined ? '' : lab.text(template) };
  return artefactSchema.parse({
    id,
    title: ownTitle,
    purpose: purpose ?? given?.purpose,
    fields: given?.fields ?? fields ?? [text],
    rubric: rubric ?? given?.rubric ?? [],
  });
}

/** What a good hand would have written, for a fault of this class. Throws ZodError or YAMLParseError for an example that is none. */
export function exampleContent(lab: RenderedLab, spec: LabArtefact, classification: Classification | undefined): ArtefactContent {
  const definition = defineArtefact(lab, spec);
  const values = { classification: classification ?? 'platform' };
  if (spec.example.endsWith('.md')) return fitContent(definition, { ...emptyContent(definition), text: lab.text(spec.example, values) });
  const written = renderValue(parse(lab.source(spec.example)), { ...lab.variant.values, ...values });
  return fitContent(definition, artefactContentSchema.parse(written));
}
