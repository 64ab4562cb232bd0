import { createContext, use } from 'react';

/** Runs a command of the instructions in the terminal in use. Null where there is no terminal, e.g. for observers. */
export const RunCommandContext = createContext<((command: string) => void) | null>(null);

export function useRunCommand(): ((command: string) => void) | null {
  return use(RunCommandContext);
}
