import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { z } from 'zod';
import type { AttemptView, TerminalView } from '../../../server/contract/attempts.ts';
import { attemptSchema } from '../../../server/contract/attempts.ts';
import { attemptChangedSchema, attemptPresenceSchema } from '../../../server/contract/events.ts';
import { presentSchema } from '../../../server/contract/teams.ts';
import { fetchAttempt } from '../api/attempts-api.ts';
import { getLink } from '../realtime/link.ts';
import { useLinkState } from '../realtime/use-link-state.ts';
import { isRunning, newerAttempt } from './attempt-cache.ts';

/** While the live channel is down, the attempt is asked for at this rate instead. */
const POLL_MS = 4_000;
const watchAnswerSchema = z.object({ attempt: attemptSchema, present: z.array(presentSchema) });

/** The attempt as it is now: fetched once, then kept up to date over the live channel. */
export function useAttempt(attemptId: string): UseQueryResult<AttemptView> {
  const adopt = useAdoptAttempt();
  const client = useQueryClient();
  const connected = useLinkState().kind === 'connected';
  const query = useQuery({
    queryKey: ['attempt', attemptId],
    queryFn: async ({ signal }) => newerAttempt(client.getQueryData(['attempt', attemptId]), await fetchAttempt(attemptId, signal)),
    refetchInterval: ({ state }) => (connected || (state.data !== undefined && !isRunning(state.data)) ? false : POLL_MS),
  });
  useEffect(() => {
    const link = getLink();
    const disposers = [
      link.on('attempt:changed', attemptChangedSchema, ({ attempt }) => {
        adopt(attempt);
      }),
      link.on('attempt:presence', attemptPresenceSchema, (told) => {
        client.setQueryData(['present', told.attemptId], told.present);
      }),
      link.onConnected(() => {
        // A refusal shows in the query, which asks the same thing over HTTP.
        link.call('attempt:watch', { attemptId }, watchAnswerSchema).then(
          ({ attempt, present }) => {
            adopt(attempt);
            client.setQueryData(['present', attemptId], present);
          },
          () => undefined,
        );
      }),
    ];
    return () => {
      for (const dispose of disposers) dispose();
      link.tell('attempt:unwatch', { attemptId });
    };
  }, [attemptId, adopt, client]);
  return query;
}

/** Takes an answer or an event into the cache unless something newer is there. */
export function useAdoptAttempt(): (attempt: AttemptView) => void {
  const client = useQueryClient();
  return useCallback(
    (attempt) => {
      client.setQueryData<AttemptView>(['attempt', attempt.id], (current) => newerAttempt(current, attempt));
    },
    [client],
  );
}

/** A terminal that was just made is shown at once, before the attempt that lists it comes over the live channel. */
export function useAdoptTerminal(attemptId: string): (terminal: TerminalView) => void {
  const client = useQueryClient();
  return useCallback(
    (terminal) => {
      client.setQueryData<AttemptView>(['attempt', attemptId], (current) =>
        current === undefined || current.terminals.some((known) => known.id === terminal.id)
          ? current
          : { ...current, terminals: [...current.terminals, terminal] },
      );
    },
    [client, attemptId],
  );
}
