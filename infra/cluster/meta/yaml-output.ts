/**
 * Writes a JSON value as YAML, keys in order as Kubernetes writes them. Own code, because a list may be megabytes long: the library, which
 * builds a tree of nodes first, would hold up all clusters of the process for seconds.
 */
export function yamlOf(value: unknown): string {
  const lines: string[] = [];
  write(lines, '', '', value);
  return `${lines.join('\n')}\n`;
}

/** `head` is what stands before the value on its own line: `- `, `key:` or nothing. */
function write(lines: string[], indent: string, head: string, value: unknown): void {
  if (Array.isArray(value) && value.length > 0) {
    if (head !== '') lines.push(indent + head);
    for (const item of value as unknown[]) writeItem(lines, indent, item);
  } else if (isFields(value) && Object.keys(value).length > 0) {
    if (head !== '') lines.push(indent + head);
    writeFields(lines, head === '' ? indent : `${indent}  `, value);
  } else {
    lines.push(`${indent}${head}${head === '' ? '' : ' '}${scalarText(value)}`);
  }
}

function writeFields(lines: string[], indent: string, value: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(value).sort()) if (value[key] !== undefined) write(lines, indent, `${scalarText(key)}:`, value[key]);
}

/** The first field of an item stands beside its dash. */
function writeItem(lines: string[], indent: string, item: unknown): void {
  const start = lines.length;
  write(lines, `${indent}  `, '', item);
  lines[start] = `${indent}- ${(lines[start] ?? '').slice(indent.length + 2)}`;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const plain = /^[A-Za-z_/][\w./-]*$/;
/** Words that YAML 1.1 reads as something else than a text. */
const words = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

function scalarText(value: unknown): string {
  if (typeof value === 'string') return plain.test(value) && !words.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return '[]';
  return isFields(value) ? '{}' : JSON.stringify(value ?? null);
}
