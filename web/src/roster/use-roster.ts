import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { rosterChangedSchema } from '../../../server/contract/events.ts';
import type { RosterEntry } from '../../../server/contract/attempts.ts';
import { fetchRoster } from '../api/attempts-api.ts';
import { getLink } from '../realtime/link.ts';
import { useLinkState } from '../realtime/use-link-state.ts';

const KEY = ['roster'] as const;
const POLL_MS = 5_000;

/** Everybody who works now, kept live; asked for by polling while the live channel is down. */
export function useRoster(): UseQueryResult<RosterEntry[]> {
  const client = useQueryClient();
  const connected = useLinkState().kind === 'connected';
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => fetchRoster(signal), refetchInterval: connected ? false : POLL_MS });
  useEffect(() => {
    const link = getLink();
    const adopt = ({ attempts }: { attempts: RosterEntry[] }): void => {
      client.setQueryData<RosterEntry[]>(KEY, attempts);
    };
    const disposers = [
      link.on('roster:changed', rosterChangedSchema, adopt),
      link.onConnected(() => {
        link.call('roster:watch', {}, rosterChangedSchema).then(adopt, () => undefined);
      }),
    ];
    return () => {
      for (const dispose of disposers) dispose();
    };
  }, [client]);
  return query;
}
