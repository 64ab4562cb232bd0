import { DuplicateKeyError } from './fault-translation.ts';

/** Servers that write at once are few, and one of them gets through each time. */
const MAX_TRIES = 50;

/**
 * For what is numbered by the last number: where another server took the same one, `work` runs again and finds that one taken. `work` is one statement or one
 * transaction, so that a failed try leaves nothing behind; `before` comes between two tries. Throws the last DuplicateKeyError after {@link MAX_TRIES}.
 */
export async function againOnDuplicate<T>(work: () => Promise<T>, before: () => Promise<unknown> = async () => undefined): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DuplicateKeyError) || tries === MAX_TRIES) throw error;
      await before();
    }
  }
}
