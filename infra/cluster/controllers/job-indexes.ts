/** Completed indexes as the API writes them, `0,2-4`, in both directions; at most so many as completions can be. */
export function parseIndexes(text: string | undefined): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) continue;
    const [, first = '0', last = first] = match;
    for (let index = Number(first); index <= Number(last); index += 1) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length;) {
    let end = at;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1;
    const [first = 0, last = 0] = [sorted[at], sorted[end]];
    parts.push(first === last ? String(first) : `${first}${last - first === 1 ? ',' : '-'}${last}`);
    at = end + 1;
  }
  return parts.join(',');
}
