/**
 * The small part of kubectl's JSONPath that definitions of custom resources use: fields, quoted fields, indexes and `[*]`, as in
 * `.spec.items[0].name` or `.metadata.annotations['a.b/c']`. Filters are not evaluated and yield nothing.
 */
export function evaluateJsonPath(object: unknown, path: string): unknown[] {
  let values = [object];
  for (const step of stepsOf(path)) values = values.flatMap((value) => stepInto(value, step));
  return values;
}

/** The symbol stands for all that is there. */
type Step = string | number | typeof all;

const all = Symbol('[*]');

const stepPattern = /\.([^.[\]]+)|\[(\d+)\]|\[\*\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

function stepsOf(path: string): Step[] {
  const body = path.replace(/^\{|\}$/g, '').replace(/^\$/, '');
  const text = body.startsWith('.') || body.startsWith('[') ? body : `.${body}`;
  const steps: Step[] = [];
  stepPattern.lastIndex = 0;
  while (stepPattern.lastIndex < text.length) {
    const match = stepPattern.exec(text);
    if (match === null) return ['\u0000'];
    const [, field, index, single, double] = match;
    const name = field ?? single ?? double;
    steps.push(name !== undefined ? name.replace(/\\(.)/g, '$1') : index !== undefined ? Number(index) : all);
  }
  return steps;
}

function stepInto(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === all) return Object.values(value);
  if (typeof step === 'number') return Array.isArray(value) && step < value.length ? [value[step]] : [];
  return Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
}
