import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Artefacts, ArtefactView } from '../../../server/contract/artefacts.ts';
import { saveArtefact } from '../api/artefacts-api.ts';
import { ArtefactDraft, type DraftState } from './artefact-draft.ts';

/** Takes the server's newest word on one artefact into what the page shows. */
export function useAdoptArtefact(attemptId: string): (artefact: ArtefactView) => void {
  const client = useQueryClient();
  return useCallback(
    (artefact) => {
      client.setQueryData<Artefacts>(['artefacts', attemptId], (current) =>
        current === undefined
          ? current
          : { ...current, artefacts: current.artefacts.map((other) => (other.id === artefact.id ? artefact : other)) },
      );
    },
    [client, attemptId],
  );
}

/** One draft an artefact for as long as the page lives; what is not saved yet is saved when the page is left or hidden. */
export function useDrafts(attemptId: string): (artefact: ArtefactView) => ArtefactDraft {
  const adopt = useAdoptArtefact(attemptId);
  const [drafts] = useState(() => new Map<string, ArtefactDraft>());
  useEffect(() => {
    const flush = (): void => {
      for (const draft of drafts.values()) void draft.flush();
    };
    document.addEventListener('visibilitychange', flush);
    return () => {
      document.removeEventListener('visibilitychange', flush);
      flush();
    };
  }, [drafts]);
  return useCallback(
    (artefact) => {
      const known = drafts.get(artefact.id);
      if (known !== undefined) return known;
      const draft = new ArtefactDraft(artefact, async (content, basedOn) => {
        const answer = await saveArtefact(attemptId, artefact.id, content, basedOn);
        adopt(answer);
        return answer;
      });
      drafts.set(artefact.id, draft);
      return draft;
    },
    [attemptId, drafts, adopt],
  );
}

export function useDraftState(draft: ArtefactDraft): DraftState {
  return useSyncExternalStore(draft.subscribe, draft.snapshot);
}
