/** The fenced blocks of instructions that carry `run`: what a trainee clicks through. Pure. */
export function runBlocksOf(markdown: string): readonly string[] {
  const fences = markdown.matchAll(/^```(?<info>[^\n]*)\n(?<code>[\s\S]*?)^```\s*$/gm);
  return [...fences].flatMap(({ groups }) => (/\brun\b/.test(groups?.['info'] ?? '') ? [groups?.['code'] ?? ''] : []));
}
