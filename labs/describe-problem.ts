import type { LabProblem } from './lab-stage.ts';

/** `mine/lab.yaml:4:1: faultz: Unknown key faultz. Take it out.`, as compilers and editors write it. */
export function describeProblem({ file, line, column, path: where, message, remedy }: LabProblem): string {
  const at = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${at}: ${where === undefined || where === '' ? '' : `${where}: `}${message} ${remedy}`;
}
