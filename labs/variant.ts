import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Variant } from './lab-stage.ts';
import { renderText, type Values } from './template.ts';

const scalarSchema = z.union([z.string(), z.number()]);

/** How a seed decides one value: one of a list, or a whole number of a range (both ends included). */
const choiceSchema = z.union([
  z.strictObject({ oneOf: z.array(scalarSchema).min(1) }),
  z.strictObject({ from: z.int(), to: z.int(), step: z.int().min(1).default(1) }),
]);

export const variantsSchema = z.strictObject({
  /** Independent choices; each depends on the seed and its own name alone, so that adding one moves no other. */
  choose: z.record(z.string(), choiceSchema),
  /** Texts made of chosen values. */
  derive: z.record(z.string(), z.string()).default({}),
});

export type Variants = z.infer<typeof variantsSchema>;

/** The same seed gives the same variant. `fault` overrides the one that the seed would choose. Pure. */
export function planVariant(variants: Variants, faults: readonly string[], seed: string, fault?: string): Variant {
  const chosen = Object.fromEntries(Object.entries(variants.choose).map(([name, choice]) => [name, choose(choice, seed, name)]));
  return { seed, fault: fault ?? pick(faults, seed, 'fault'), values: derive(chosen, variants.derive) };
}

/** The variant with other values in place of some that were chosen, and with all texts that are made of them. Pure. */
export function planOtherValues({ choose, derive: derived }: Variants, variant: Variant, others: Values): Variant {
  const chosen = Object.fromEntries(
    Object.keys(choose).flatMap((name) => (name in variant.values ? [[name, variant.values[name] ?? '']] : [])),
  );
  return { ...variant, values: derive({ ...chosen, ...others }, derived) };
}

function choose(choice: z.infer<typeof choiceSchema>, seed: string, name: string): string | number {
  if ('oneOf' in choice) return pick(choice.oneOf, seed, name);
  const count = Math.floor((choice.to - choice.from) / choice.step) + 1;
  return choice.from + choice.step * pickIndex(Math.max(count, 1), seed, name);
}

/** In the order of the file: a derived text may use those above it. */
function derive(chosen: Values, derived: Readonly<Record<string, string>>): Values {
  return Object.entries(derived).reduce<Values>(
    (values, [name, template]) => ({ ...values, [name]: renderText(template, values) }),
    chosen,
  );
}

function pick<T>(items: readonly T[], seed: string, name: string): T {
  const item = items[pickIndex(items.length, seed, name)];
  if (item === undefined) throw new RangeError(`Nothing to choose ${name} from.`);
  return item;
}

/** Uniform to within 2^-48. */
function pickIndex(count: number, seed: string, name: string): number {
  const fraction = createHash('sha256').update(`${seed}\u0000${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(fraction * count);
}
