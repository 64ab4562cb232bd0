import type { ProcessView } from '../contract/interviews.ts';
import type { LookSource, TypedAction } from './typed-actions.ts';

type Point = ProcessView['points'][number];

const MAX_SEEN = 5;
const SOURCES: readonly LookSource[] = ['objects', 'logs', 'events', 'traffic'];
const POINTS = { evidence: 30, breadth: 20, verified: 25, careful: 25 } as const;
const ENOUGH_LOOKS = 3;
const RISK_COSTS = 10;

/**
 * How somebody went about an incident, from what was typed since `startedAtMs`: looked before changing (30), in more than one place (20), looked again after the
 * last change (25), and put nothing at risk (25). GRADING.md, rule 1: it never decides about pass or fail. Pure.
 */
export function scoreProcess(actions: readonly TypedAction[], startedAtMs: number): ProcessView {
  const since = actions.filter(({ atMs }) => atMs >= startedAtMs).sort((a, b) => a.atMs - b.atMs);
  if (since.length === 0) return { score: 0, isEmpty: true, points: [] };
  const points = [evidenceFirst(since), breadth(since), verified(since), careful(since)];
  return { score: points.reduce((sum, point) => sum + point.points, 0), isEmpty: false, points };
}

function evidenceFirst(actions: readonly TypedAction[]): Point {
  const firstChange = actions.findIndex(isChange);
  const before = (firstChange < 0 ? actions : actions.slice(0, firstChange)).filter(({ kind }) => kind === 'look');
  const counted = Math.min(before.length, ENOUGH_LOOKS);
  const words =
    firstChange < 0
      ? `Looked ${times(before.length)} and changed nothing from the terminal.`
      : `Looked ${times(before.length)} before the first change.`;
  return point('evidence', 'Evidence before changes', (POINTS.evidence * counted) / ENOUGH_LOOKS, words, before);
}

function breadth(actions: readonly TypedAction[]): Point {
  const firsts = SOURCES.flatMap((source) => actions.find((action) => action.source === source) ?? []);
  const words =
    firsts.length === 0
      ? 'Looked nowhere.'
      : `Looked at ${firsts.length} of ${SOURCES.length}: ${firsts.map(({ source }) => source).join(', ')}.`;
  return point('breadth', 'Several kinds of evidence', (POINTS.breadth * firsts.length) / SOURCES.length, words, firsts);
}

function verified(actions: readonly TypedAction[]): Point {
  const lastChange = actions.findLastIndex(isChange);
  const after = actions.slice(lastChange + 1).filter(({ kind }) => kind === 'look');
  if (lastChange < 0) return point('verified', 'Looked again afterwards', POINTS.verified, 'Nothing was changed from the terminal.', []);
  const words = after.length > 0 ? `Looked ${times(after.length)} after the last change.` : 'Did not look again after the last change.';
  return point('verified', 'Looked again afterwards', after.length > 0 ? POINTS.verified : 0, words, after);
}

function careful(actions: readonly TypedAction[]): Point {
  const risky = actions.filter(({ kind }) => kind === 'risk');
  const words = risky.length === 0 ? 'Nothing was put at risk.' : `Put something at risk ${times(risky.length)}.`;
  return point('careful', 'No risky actions', Math.max(0, POINTS.careful - RISK_COSTS * risky.length), words, risky);
}

function isChange({ kind }: TypedAction): boolean {
  return kind !== 'look';
}

function point(id: keyof typeof POINTS, title: string, points: number, words: string, seen: readonly TypedAction[]): Point {
  return { id, title, points: Math.round(points), of: POINTS[id], words, seen: seen.slice(0, MAX_SEEN).map(({ command }) => command) };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
