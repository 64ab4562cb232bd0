import { sharedPrefix } from './lab-files.ts';
import type { LabFile } from './lab-schema.ts';
import type { ToProblem } from './schema-problems.ts';
import type { LabProblem } from './lab-stage.ts';

/** Shared folders that are not there, and files that two folders would put at one place. */
export function findSharedProblems(lab: LabFile, files: ReadonlySet<string>, problem: ToProblem): readonly LabProblem[] {
  const prefixes = [...(lab.workspace === undefined ? [] : [`${lab.workspace}/`]), ...lab.shared.map(sharedPrefix)];
  const placesOf = (prefix: string): readonly string[] =>
    [...files].filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
  return lab.shared.flatMap((name, index) => {
    const prefix = sharedPrefix(name);
    const placed = placesOf(prefix);
    if (placed.length === 0)
      return [
        problem(
          ['shared', index],
          `There is no folder ${prefix} with files, neither beside this lab nor beside ours.`,
          'Make it, or correct the name.',
        ),
      ];
    const earlier = prefixes.slice(0, prefixes.indexOf(prefix));
    return earlier.flatMap((other) =>
      placesOf(other)
        .filter((file) => placed.includes(file))
        .map((file) =>
          problem(['shared', index], `Both ${other} and ${prefix} have a file ${file}.`, 'Rename one of them, or share another folder.'),
        ),
    );
  });
}
