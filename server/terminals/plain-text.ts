import { stripVTControlCharacters } from 'node:util';

/** The last lines of a terminal's output as plain text: colours and cursor movements gone, overwritten parts of a line as they ended up. */
export function lastLines(output: Uint8Array, maxLines: number, maxLength: number): string[] {
  const text = stripVTControlCharacters(Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString('utf8'));
  return text
    .split('\n')
    .map((line) => overwrite(line).trimEnd().slice(0, maxLength))
    .filter((line) => line !== '')
    .slice(-maxLines);
}

/** A carriage return goes back to the line's beginning, a backspace one to the left; what is written then replaces what was there. */
function overwrite(line: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === '\r') column = 0;
    else if (character === '\b') column = Math.max(0, column - 1);
    else if (character >= ' ') cells[column++] = character;
  }
  return Array.from(cells, (cell: string | undefined) => cell ?? ' ').join('');
}
