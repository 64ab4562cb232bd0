import { inTable } from '../markdown.ts';
import { clockText } from '../inject-moves.ts';
import { minutesText } from '../postmortem.ts';
import { HOT_WASH_WORDS, ITEM_WORDS, RATING_WORDS, type AfterAction } from './after-action.ts';

/** The after-action report as Markdown. Pure. */
export function reportMarkdown({ title, facts, people, review, timeline }: AfterAction): string {
  const { times, status, statusMet, answers, objectives, communication } = review;
  return [
    `# After-action report: ${title}`,
    '',
    ...table(['', ''], facts),
    '',
    '## Who took part',
    '',
    ...people.map(({ name, role }) => `- ${name}, ${role}`),
    '',
    '## Times',
    '',
    ...table(
      ['', 'time', 'how it was seen'],
      times.map(({ title: name, ms, words }) => [name, ms === null ? 'not reached' : minutesText(ms), words]),
    ),
    '',
    `## Status updates: ${statusMet} of ${status.length} rules kept`,
    '',
    ...table(
      ['rule', 'kept', 'why'],
      status.map(({ rule, met, words }) => [rule, met ? 'yes' : 'no', words]),
    ),
    '',
    '## Answers',
    '',
    `${answers.came} of ${answers.expected} expected answers came, ${answers.inTime} of them in time.`,
    '',
    '## Objectives',
    '',
    ...table(
      ['objective', 'rating', 'evaluators', 'what was seen'],
      objectives.map(({ title: name, rating, ratedBy, comments }) => [
        name,
        rating === null ? 'not rated' : RATING_WORDS[rating],
        String(ratedBy),
        comments.join(' / '),
      ]),
    ),
    '',
    '## Communication, 0 to 3',
    '',
    ...table(
      ['', 'mean'],
      communication.map(({ item, mean }) => [ITEM_WORDS[item], mean === null ? 'not rated' : String(mean)]),
    ),
    '',
    ...hotWash(review.hotWash),
    '## Timeline',
    '',
    ...table(
      ['scenario', 'UTC', 'who', 'what'],
      timeline.map(({ atMs, at, by, words, detail, undone }) => [
        clockText(atMs),
        at.slice(11, 19),
        by?.name ?? '',
        `${undone ? '(taken back) ' : ''}${words}${detail === '' ? '' : `: ${detail}`}`,
      ]),
    ),
    '',
  ].join('\n');
}

function hotWash(entries: AfterAction['review']['hotWash']): readonly string[] {
  return (['well', 'not-well', 'action'] as const).flatMap((about) => {
    const said = entries.filter((entry) => entry.about === about);
    const lines = said.map(({ text, owner }) => `- ${text}${owner === '' ? '' : ` (owner: ${owner})`}`);
    return [`## ${HOT_WASH_WORDS[about]}`, '', ...(lines.length === 0 ? ['Nothing was noted.'] : lines), ''];
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ['Nothing was recorded.'];
  const line = (cells: readonly string[]): string => `| ${cells.map(inTable).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}
