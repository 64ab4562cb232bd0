import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Check } from '../grader/check-spec.ts';
import type { Part } from '../grader/endpoint.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { labSchema, type LabFile } from './lab-schema.ts';
import type { LabSummary, Variant } from './lab-stage.ts';
import { renderText, renderValue, type Values } from './template.ts';
import { planVariant, type Variants } from './variant.ts';

const namespaceSchema = z.object({ kind: z.literal('Namespace'), metadata: z.object({ name: z.string() }) });

/** A lab that was loaded without a problem. */
export interface Lab {
  readonly summary: LabSummary;
  /** lab.yaml as parsed, placeholders still in it. */
  readonly document: unknown;
  readonly variants: Variants;
  /** With the values of an example; what does not depend on a variant can be read from it. */
  readonly example: LabFile;
  /** All text files of the folder by their path in it. */
  readonly files: ReadonlyMap<string, string>;
}

export function planLabVariant(lab: Lab, seed: string, fault?: string): Variant {
  const faults = lab.example.faults.map(({ id }) => id);
  if (fault !== undefined && !faults.includes(fault)) throw new RangeError(`The lab ${lab.summary.slug} has no fault ${fault}.`);
  return planVariant(lab.variants, faults, seed, fault);
}

/** A lab for one variant. */
export class RenderedLab {
  readonly lab: Lab;
  readonly variant: Variant;
  readonly file: LabFile;

  constructor(lab: Lab, variant: Variant) {
    this.lab = lab;
    this.variant = variant;
    this.file = labSchema.parse(renderValue(lab.document, variant.values));
  }

  check(id: string): Check {
    const spec = this.file.checks[id];
    if (spec === undefined) throw new RangeError(`The lab has no check ${id}.`);
    return { ...spec, id };
  }

  /** A text file with the variant's values, and those given, put in. */
  text(file: string, more: Values = {}): string {
    return renderText(this.source(file), { ...this.variant.values, ...more });
  }

  /** The objects of manifests, in their order. Values are put in after parsing: no quoting can go wrong. */
  objects(files: readonly string[], more: Values = {}): readonly KubeObject[] {
    const values = { ...this.variant.values, ...more };
    return files.flatMap((file) =>
      parseAllDocuments(this.source(file)).map((document) => renderValue(document.toJS(), values) as KubeObject),
    );
  }

  /** What checks are about beside the endpoint, each once. */
  parts(): readonly Part[] {
    const parts = Object.values(this.file.checks).flatMap(({ part }) => part ?? []);
    return [...new Map(parts.map((part) => [part.deployment, part])).values()];
  }

  /** The endpoint's, and those that manifests declare beside it: they are the lab's too. */
  namespaces(): readonly string[] {
    const { start, healthy, endpoint } = this.file;
    const declared = [...start, ...healthy].flatMap((file) =>
      parseAllDocuments(this.source(file)).map((document) => document.toJS() as unknown),
    );
    const names = declared.flatMap((object) => {
      const { success, data } = namespaceSchema.safeParse(object);
      return success ? [renderText(data.metadata.name, this.variant.values)] : [];
    });
    return [...new Set([endpoint.namespace, ...names])];
  }

  /** What the trainee finds in ~/lab, by its path there. */
  workspaceFiles(): ReadonlyMap<string, string> {
    const prefix = `${this.file.workspace ?? ''}/`;
    const names = [...this.lab.files.keys()].filter((file) => this.file.workspace !== undefined && file.startsWith(prefix));
    return new Map(names.map((file) => [file.slice(prefix.length), this.text(file)]));
  }

  /** A text file as its author wrote it. */
  source(file: string): string {
    const text = this.lab.files.get(file);
    if (text === undefined) throw new RangeError(`The lab has no file ${file}.`);
    return text;
  }
}
