/** What people wrote, within one cell of a Markdown table. */
export function inTable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\\/g, '\\\\').replace(/\|/g, '\\|').trim();
}
