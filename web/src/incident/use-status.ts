import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { attemptStatusSchema, type StatusUpdateView } from '../../../server/contract/incidents.ts';
import { fetchStatusUpdates } from '../api/incident-api.ts';
import { getLink } from '../realtime/link.ts';

/** What the attempt told others, kept up to date over the live channel; undefined while it is not known and where `wanted` is false. */
export function useStatusUpdates(attemptId: string, wanted: boolean): readonly StatusUpdateView[] | undefined {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: ['status', attemptId],
    queryFn: ({ signal }) => fetchStatusUpdates(attemptId, signal),
    enabled: wanted,
  });
  useEffect(() => {
    if (!wanted) return;
    const link = getLink();
    const disposers = [
      link.on('attempt:status', attemptStatusSchema, (told) => {
        if (told.attemptId === attemptId) client.setQueryData(['status', attemptId], told.updates);
      }),
      // What was told while the link was down came past it.
      link.onConnected(() => void client.invalidateQueries({ queryKey: ['status', attemptId] })),
    ];
    return () => {
      for (const dispose of disposers) dispose();
    };
  }, [attemptId, client, wanted]);
  return data;
}
