import { createContext, use } from 'react';
import type { Me } from '../../../server/contract/session.ts';

export const MeContext = createContext<Me | null>(null);

/** The person who is signed in; only pages behind the session gate may ask. */
export function useMe(): Me {
  const me = use(MeContext);
  if (me === null) throw new Error('useMe was called outside the session gate.');
  return me;
}
