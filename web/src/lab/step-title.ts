/**
 * Authors begin a step's file with its title, so that it reads well by itself; the page has the title above it already.
 * @returns the text without a first heading that repeats the title
 */
export function withoutTitle(markdown: string, title: string): string {
  const heading = /^\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\r?\n|$)/.exec(markdown);
  return heading?.[1]?.trim().toLocaleLowerCase() === title.trim().toLocaleLowerCase() ? markdown.slice(heading[0].length) : markdown;
}
