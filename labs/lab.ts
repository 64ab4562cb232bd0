import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Check } from '../grader/check-spec.ts';
import type { Part } from '../grader/endpoint.ts';
import { withRegistry, type SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { sharedPrefix } from './lab-files.ts';
import { mapTexts } from './map-texts.ts';
import { withProviders } from './provider-objects.ts';
import { labSchema, type LabFile } from './lab-schema.ts';
import type { LabSummary, Variant } from './lab-stage.ts';
import { renderText, renderValue, type Values } from './template.ts';
import { planOtherValues, planVariant, type Variants } from './variant.ts';

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

/** The value that names the lab's namespace, where its manifests, scripts and checks can be moved to another; undefined where it is not a value. Pure. */
export function namespaceValue({ document }: Pick<Lab, 'document'>): string | undefined {
  const { success, data } = z.object({ endpoint: z.object({ namespace: z.string() }) }).safeParse(document);
  return success ? /^\{\{\s*([a-z]\w*)\s*\}\}$/.exec(data.endpoint.namespace)?.[1] : undefined;
}

/** A lab for one variant, and for a place on a shared cluster, where it is on one. */
export class RenderedLab {
  readonly lab: Lab;
  readonly variant: Variant;
  readonly file: LabFile;

  readonly #place: SandboxPlace | undefined;
  readonly #toPlace: (text: string) => string;

  constructor(lab: Lab, variant: Variant, place?: SandboxPlace) {
    const named = namespaceValue(lab);
    this.lab = lab;
    this.#place = place;
    this.#toPlace = place === undefined ? (text) => text : (text) => withProviders(text, lab.example.providers, place);
    const variants = mapTexts(lab.variants, this.#toPlace) as Variants;
    this.variant = place === undefined || named === undefined ? variant : planOtherValues(variants, variant, { [named]: place.namespace });
    this.file = labSchema.parse(renderValue(mapTexts(lab.document, this.#toPlace), this.variant.values));
  }

  check(id: string): Check {
    const spec = this.file.checks[id];
    if (spec === undefined) throw new RangeError(`The lab has no check ${id}.`);
    return { ...spec, id };
  }

  /** A text file with the variant's values, and those given, put in. */
  text(file: string, more: Values = {}): string {
    return this.words(renderText(this.source(file), { ...this.variant.values, ...more }));
  }

  /** A text for people or their shells, with images by the names that they have in this place. */
  words(text: string): string {
    return this.#place === undefined ? text : withRegistry(text, this.#place);
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
    const { workspace, shared } = this.file;
    const prefixes = [...shared.map(sharedPrefix), ...(workspace === undefined ? [] : [`${workspace}/`])];
    return new Map(
      prefixes.flatMap((prefix) => {
        const names = [...this.lab.files.keys()].filter((file) => file.startsWith(prefix));
        return names.map((file) => [file.slice(prefix.length), this.text(file)] as const);
      }),
    );
  }

  /** A text file as its author wrote it, with the providers by the names that they have in this place. */
  source(file: string): string {
    const text = this.lab.files.get(file);
    if (text === undefined) throw new RangeError(`The lab has no file ${file}.`);
    return this.#toPlace(text);
  }
}
