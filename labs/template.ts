/** `{{name}}` in lab files. Kubernetes' own `{{.Field}}` begins with a dot or a space-less keyword and is left alone. */
const placeholder = /\{\{\s*([a-z]\w*)\s*\}\}/g;

export type Values = Readonly<Record<string, string | number>>;

/** A lab file names a value that its variants do not have. */
export class UnknownValueError extends Error {
  readonly value: string;
  /** Offset of the placeholder in the text. */
  readonly offset: number;

  constructor(value: string, offset: number) {
    super(`Nothing called {{${value}}} is among the lab's variants.`);
    this.name = 'UnknownValueError';
    this.value = value;
    this.offset = offset;
  }
}

export function renderText(text: string, values: Values): string {
  return text.replaceAll(placeholder, (_, name: string, offset: number) => {
    const value = values[name];
    if (value === undefined) throw new UnknownValueError(name, offset);
    return String(value);
  });
}

/** Fills in the strings of parsed YAML. A string that is one placeholder and nothing else takes the value's own type, so that numbers stay numbers. */
export function renderValue(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return renderScalar(value, values);
  if (Array.isArray(value)) return value.map((item) => renderValue(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [renderText(key, values), renderValue(inner, values)]));
}

function renderScalar(text: string, values: Values): string | number {
  const name = /^\{\{\s*([a-z]\w*)\s*\}\}$/.exec(text)?.[1];
  const value = name === undefined ? undefined : values[name];
  return value ?? renderText(text, values);
}
