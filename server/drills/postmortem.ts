import type { StatusUpdate } from '../../grader/incidents/status-update.ts';
import type { DrillReview, TimelineEntry } from '../contract/drills.ts';
import type { DrillState } from './drill-state.ts';
import { inTable } from './markdown.ts';

/** What belongs into a postmortem's timeline: what happened and what was done, not who came and went. */
const TOLD: ReadonlySet<string> = new Set([
  'inject-fired',
  'service',
  'acted',
  'supposed',
  'confirmed',
  'declared',
  'status',
  'acknowledged',
  'rewound',
]);

interface Facts {
  readonly state: DrillState;
  readonly timeline: readonly TimelineEntry[];
  readonly times: DrillReview['times'];
  readonly hotWash: DrillReview['hotWash'];
  readonly updates: readonly StatusUpdate[];
}

/**
 * A postmortem's draft from the record, as Markdown, in the form of grader/artefacts/forms.ts. What a machine cannot know is left open and says so; names of
 * people stand nowhere in it, because it is about what made things possible. Pure.
 */
export function draftPostmortem({ state, timeline, times, hotWash, updates }: Facts): string {
  const { title } = state.head.script;
  const impact = updates.findLast((update) => update.impact !== '')?.impact;
  const scope = updates.findLast((update) => update.scope !== '')?.scope;
  const rows = timeline.filter(({ kind, undone }) => TOLD.has(kind) && !undone);
  const washed = (about: DrillReview['hotWash'][number]['about']): string[] =>
    hotWash.filter((one) => one.about === about).map(({ text, owner }) => `- ${text}${owner === '' ? '' : ` (owner: ${owner})`}`);
  return [
    `# Postmortem: ${title}`,
    '',
    '## Overview',
    '',
    '_To be written: what happened, in three sentences that a reader from another team understands._',
    '',
    ...times.map(({ title: name, ms, words }) => `- ${name}: ${ms === null ? 'not reached' : minutesText(ms)}. ${words}`),
    '',
    '## Impact',
    '',
    impact ?? '_To be written: who could not do what, and for how long._',
    ...(scope === undefined ? [] : ['', scope]),
    '',
    '## Timeline',
    '',
    '| time (UTC) | what |',
    '|---|---|',
    ...rows.map(({ at, words, detail }) => `| ${at.slice(11, 19)} | ${inTable(tellWhole(words, detail))} |`),
    '',
    '## Contributing factors',
    '',
    '_To be written: what made it possible, what made it worse, what made it last. No names._',
    '',
    '## Classification',
    '',
    '_To be decided: platform, governance or data quality._',
    '',
    '## What went well',
    '',
    ...orOpen(washed('well')),
    '',
    '## What did not',
    '',
    ...orOpen(washed('not-well')),
    '',
    '## Actions',
    '',
    ...orOpen(washed('action')),
    '',
  ].join('\n');
}

function tellWhole(words: string, detail: string): string {
  if (detail === '' || words.includes(detail)) return words;
  return words.endsWith('.') ? `${words} ${detail}` : `${words}: ${detail}`;
}

function orOpen(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['_Nothing was noted in the hot wash._'] : lines;
}

/** `4 min 30 s`. */
export function minutesText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
}
