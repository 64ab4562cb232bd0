import { AppError } from '../app-error.ts';
import { isWorking, type Attempt, type Move } from '../attempts/attempt.ts';
import { moved, requireState } from '../attempts/move.ts';
import type { PostStatus } from '../contract/incidents.ts';
import type { StatusContent } from './incident-records.ts';

const MINUTE_MS = 60_000;
/** Enough for an update a minute over the longest incident; more is a script. */
const MAX_UPDATES = 200;
const MAX_TOLD = 160;

/** What was asked for as it will be kept. Throws AppError when it corrects what is not there. Pure. */
export function planUpdate(wanted: PostStatus, written: number, nowMs: number): StatusContent {
  const { kind, audience, text, impact, scope, nextInMinutes, corrects } = wanted;
  if (written >= MAX_UPDATES)
    throw new AppError('TooManyRequests', `This attempt has ${MAX_UPDATES} status updates already.`, { remedy: 'Ask for the verdict.' });
  if (corrects !== null && corrects > written)
    throw new AppError('InvalidRequest', `There is no update ${corrects} to correct.`, {
      issues: [{ path: 'corrects', message: 'Name one that was written.' }],
    });
  return { kind, audience, text, impact, scope, corrects, nextAtMs: nextInMinutes === null ? null : nowMs + nextInMinutes * MINUTE_MS };
}

/** Others were told something: the attempt itself stays as it is, its journal knows. */
export function statusPosted(attempt: Attempt, { kind, audience, text }: StatusContent, actorId: string): Move {
  requireState(
    attempt,
    isWorking(attempt) && attempt.incidentStartedAtMs !== null,
    'There is nothing to tell before the incident has begun.',
  );
  const told = text.replace(/\s+/g, ' ');
  const shown = told.length > MAX_TOLD ? `${told.slice(0, MAX_TOLD)}…` : told;
  return moved(
    attempt,
    {},
    { kind: 'status', text: `Told ${audience === 'users' ? 'the users' : 'the house'} (${kind.replace('-', ' ')}): ${shown}`, actorId },
  );
}
