import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.ts';
import { doubtSession } from './session-doubt.ts';

const TRANSIENT = new Set<string>(['Unreachable', 'SubstrateUnavailable', 'Unavailable', 'Internal']);
const MAX_RETRIES = 2;

/** Retries only what may go away by itself; a refusal is shown at once. */
function shouldRetry(failures: number, error: Error): boolean {
  return failures < MAX_RETRIES && error instanceof ApiError && TRANSIENT.has(error.code);
}

function onError(error: Error): void {
  if (error instanceof ApiError && error.code === 'SignInRequired') doubtSession();
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { retry: shouldRetry, staleTime: 5_000 }, mutations: { retry: false } },
  });
}
