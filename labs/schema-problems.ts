import type { z } from 'zod';
import type { LabProblem } from './lab-stage.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export type Path = readonly (string | number)[];
/** A problem at a place in lab.yaml. */
export type ToProblem = (path: Path, message: string, remedy: string) => LabProblem;

/** What zod found wrong, as file, line, path, what and what to do. `guide` is what authors read. */
export function toProblems(error: z.ZodError, source: YamlSource, guide = 'labs/AUTHORING.md'): readonly LabProblem[] {
  return error.issues.flatMap((issue) => toProblem(issue, source, guide));
}

function toProblem(issue: Issue, source: YamlSource, guide: string): readonly LabProblem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, source, guide));
  return [
    {
      file: source.file,
      ...source.locate(issue.path),
      path: showPath(issue.path),
      message: messageOf(issue),
      remedy: remedyFor(issue, guide),
    },
  ];
}

function unknownKey(path: readonly PropertyKey[], key: string, source: YamlSource, guide: string): LabProblem {
  const where = showPath([...path, key]);
  return {
    file: source.file,
    ...source.locateKey(path, key),
    path: where,
    message: `Unknown key ${key}.`,
    remedy: `Correct its spelling or remove it; ${guide} lists what each part may hold.`,
  };
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.includes('received undefined')) return `Missing: ${issue.expected} expected.`;
  if (issue.code === 'invalid_union') return unionMessage(issue);
  return `${issue.message}.`.replace(/\.\.$/, '.');
}

/** The nearest branch of a union says more than that none fits. */
function unionMessage(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if ('options' in issue && Array.isArray(issue.options))
    return `Invalid value; it must be one of: ${issue.options.map(String).join(', ')}.`;
  const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0]?.[0];
  return nearest === undefined ? 'Fits none of the forms that are possible here.' : messageOf(nearest);
}

function remedyFor(issue: Issue, guide: string): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.includes('received undefined') ? 'Add it.' : `Write a value of type ${issue.expected}.`;
    case 'invalid_value':
      return `Write one of: ${issue.values.map(String).join(', ')}.`;
    case 'invalid_union':
      return `Compare with an entry of another one, or with ${guide}.`;
    case 'too_small':
    case 'too_big':
      return 'Bring it into the range that is given.';
    default:
      return 'Write it in the form that is asked for.';
  }
}

/** `steps[2].hints[0].title` */
export function showPath(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('');
}
