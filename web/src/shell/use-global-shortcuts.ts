import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { useMe } from '../session/me.ts';
import { destinationsOf } from '../session/permissions.ts';
import { openShortcutsMap } from './shortcuts-map.tsx';
import { NO_SEQUENCE, planKey } from './shortcuts.ts';

/** Keys belong to whatever is typed into; a terminal's hidden text area is such a place as well. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function useGlobalShortcuts(): void {
  const { role } = useMe();
  const navigate = useNavigate();
  const sequence = useRef(NO_SEQUENCE);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const { state, outcome } = planKey(sequence.current, event.key, event.timeStamp);
      sequence.current = state;
      if (outcome.kind === 'help') openShortcutsMap();
      if (outcome.kind === 'go') {
        const destination = destinationsOf(role).find(({ key }) => key === outcome.key);
        if (destination !== undefined) void navigate(destination.path);
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
    };
  }, [navigate, role]);
}
