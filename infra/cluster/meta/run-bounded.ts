import { createContext, Script } from 'node:vm';

const context = createContext({ run: () => {} });
const script = new Script('run()');

/**
 * Does work that somebody else's text decides of, and stops it when it takes longer than `budgetMs`: everybody of the process waits meanwhile.
 * Answers false when it was stopped. The work must be of one piece and hold nothing that outlives it.
 */
export function runBounded(work: () => void, budgetMs: number): boolean {
  Object.assign(context, { run: work });
  try {
    script.runInContext(context, { timeout: budgetMs });
    return true;
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}
