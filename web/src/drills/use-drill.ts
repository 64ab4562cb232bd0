import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { z } from 'zod';
import { drillChangedSchema, type DrillView } from '../../../server/contract/drills.ts';
import { fetchDrill, moveInDrill, type MoveInput } from '../api/drills-api.ts';
import { useAct } from '../parts/use-act.ts';
import { getLink } from '../realtime/link.ts';
import { useLinkState } from '../realtime/use-link-state.ts';

const POLL_MS = 5_000;
const keyOf = (id: string) => ['drill', id] as const;

/** One drill as this person sees it, kept live: the server says that it changed, and the page asks for its own view. */
export function useDrill(id: string): UseQueryResult<DrillView> {
  const client = useQueryClient();
  const connected = useLinkState().kind === 'connected';
  const query = useQuery({
    queryKey: keyOf(id),
    queryFn: ({ signal }) => fetchDrill(id, signal),
    refetchInterval: connected ? false : POLL_MS,
  });
  useEffect(() => {
    const link = getLink();
    const refresh = (): void => void client.invalidateQueries({ queryKey: keyOf(id) });
    const disposers = [
      link.on('drill:changed', drillChangedSchema, ({ drillId, revision }) => {
        const shown = client.getQueryData<DrillView>(keyOf(id));
        if (drillId === id && (shown === undefined || shown.revision < revision)) refresh();
      }),
      link.onConnected(() => {
        link.call('drill:watch', { drillId: id }, z.object({})).then(refresh, () => undefined);
      }),
    ];
    return () => {
      for (const dispose of disposers) dispose();
      link.tell('drill:unwatch', { drillId: id });
    };
  }, [client, id]);
  return query;
}

export interface Moves {
  readonly make: (move: MoveInput, onDone?: () => void) => void;
  readonly busy: boolean;
}

/**
 * What this person does in the drill; the answer is the drill as it then is. A move is chosen on what `revision` shows, also in a dialog that stays open while
 * the drill goes on. When somebody else was faster, the same move made once more is meant so.
 */
export function useMoves(id: string, revision: number): Moves {
  const client = useQueryClient();
  const act = useAct(({ move, seen }: { readonly move: MoveInput; readonly seen: number | undefined }) => moveInDrill(id, move, seen), {
    onDone: (view) => {
      client.setQueryData(keyOf(id), view);
      void client.invalidateQueries({ queryKey: ['drill-review', id] });
      return undefined;
    },
    onFailed: () => void client.invalidateQueries({ queryKey: keyOf(id) }),
  });
  let seen: number | undefined = revision;
  return {
    make: (move, onDone) => {
      act.mutate(
        { move, seen },
        {
          onSuccess: () => onDone?.(),
          onError: () => {
            seen = undefined;
          },
        },
      );
    },
    busy: act.isPending,
  };
}
