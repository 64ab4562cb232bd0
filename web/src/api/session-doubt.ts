/** Raised wherever the server says that nobody is signed in any more, so that the session is asked for again and the sign-in page comes. */
const listeners = new Set<() => void>();

export function doubtSession(): void {
  for (const listener of listeners) listener();
}

export function onSessionDoubt(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
