import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import type { Session } from '../../../server/contract/session.ts';
import { fetchSession } from '../api/http.ts';
import { onSessionDoubt } from '../api/session-doubt.ts';

const SESSION_KEY = ['session'] as const;
/** Often enough to notice a session that was ended elsewhere (password changed, account disabled). */
const REFRESH_MS = 5 * 60_000;

export function useSession(): UseQueryResult<Session> {
  const client = useQueryClient();
  useEffect(() => onSessionDoubt(() => void client.invalidateQueries({ queryKey: SESSION_KEY })), [client]);
  return useQuery({ queryKey: SESSION_KEY, queryFn: ({ signal }) => fetchSession(signal), staleTime: 60_000, refetchInterval: REFRESH_MS });
}

/** Puts the answer of a sign-in in place of the old session and drops everything that another person may have loaded. */
export function useAdoptSession(): (session: Session) => void {
  const client = useQueryClient();
  return useCallback(
    (session) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
      client.setQueryData(SESSION_KEY, session);
    },
    [client],
  );
}
