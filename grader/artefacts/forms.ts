import type { ArtefactDefinition } from './artefact.ts';

type Form = Omit<ArtefactDefinition, 'id'>;

/** What failed, as GRADING.md has it: the postmortem names one, and each fault of a lab says which is right. */
export const classifications = ['platform', 'governance', 'data-quality'] as const;
export type Classification = (typeof classifications)[number];

const runbookTemplate = `# Runbook

## When to use this

What alert or report brings somebody here, and what it looks like.

## Check

Commands that tell what is wrong, and what each answer means.

## Mitigate

Steps that make users well again, safest first.

## Verify

How you know that it is mended, and for how long to watch.

## Escalate

Whom to call when this does not help, and what to tell them.
`;

/** Forms that every lab may use by name. */
export const artefactForms = {
  postmortem: {
    title: 'Postmortem',
    purpose:
      'For those who were not there: what happened, what it did to users, why, and what will be different. Blame systems, never people.',
    fields: [
      { kind: 'text', id: 'overview', label: 'Overview', help: 'Three sentences that somebody reads in the lift.', template: '' },
      { kind: 'text', id: 'impact', label: 'Impact', help: 'Who could not do what, for how long, and how you know.', template: '' },
      {
        kind: 'table',
        id: 'timeline',
        label: 'Timeline',
        help: 'Begin with the record, take out what says nothing, add what only you know.',
        columns: [
          { id: 'at', label: 'When (UTC)' },
          { id: 'what', label: 'What happened' },
        ],
        fromRecord: true,
      },
      {
        kind: 'text',
        id: 'factors',
        label: 'Contributing factors',
        help: 'What had to come together. There is seldom one root cause.',
        template: '',
      },
      {
        kind: 'choice',
        id: 'classification',
        label: 'Classification',
        help: 'Where the remedy belongs: with those who run the platform, those who set the rules, or those who own the data.',
        options: [
          { value: 'platform', label: 'Platform failure' },
          { value: 'governance', label: 'Governance failure' },
          { value: 'data-quality', label: 'Data quality failure' },
        ],
      },
      { kind: 'text', id: 'went-well', label: 'What went well', template: '' },
      { kind: 'text', id: 'did-not', label: 'What did not', template: '' },
      {
        kind: 'table',
        id: 'actions',
        label: 'Action items',
        help: 'Each with an owner and a day; an item without an owner is a wish.',
        columns: [
          { id: 'what', label: 'What' },
          { id: 'owner', label: 'Owner' },
          { id: 'due', label: 'Until when' },
        ],
        fromRecord: false,
      },
    ],
    rubric: [
      { id: 'clarity', title: 'Clear to somebody who was not there' },
      { id: 'analysis', title: 'Explains why, past the first cause' },
      { id: 'blameless', title: 'Blames systems and not people' },
      { id: 'actions', title: 'Action items would have prevented or shortened it' },
    ],
  },
  runbook: {
    title: 'Runbook',
    purpose: 'For the colleague who is woken at three in the morning and has never seen this service.',
    fields: [{ kind: 'text', id: 'text', label: 'Runbook', help: 'Markdown.', template: runbookTemplate }],
    rubric: [
      { id: 'usable', title: 'A stranger could follow it under pressure' },
      { id: 'safe', title: 'Safe steps first; what can do harm is marked' },
      { id: 'verified', title: 'Says how to know that it worked' },
    ],
  },
  'cost-analysis': {
    title: 'Cost analysis',
    purpose: 'For whoever pays: what a thousand requests cost before and after, what was given up for it, and what you advise.',
    fields: [
      {
        kind: 'text',
        id: 'question',
        label: 'Question and workload',
        help: 'What was measured, with which traffic and budget.',
        template: '',
      },
      {
        kind: 'table',
        id: 'runs',
        label: 'Measured runs',
        help: 'One row a run, the untouched one first. What you had measured can be taken up as it is.',
        columns: [
          { id: 'run', label: 'What was changed' },
          { id: 'cost', label: 'US$ per 1,000 requests' },
          { id: 'latency', label: 'p95 (ms)' },
          { id: 'quality', label: 'Quality (%)' },
        ],
        fromRecord: false,
        fromRuns: true,
      },
      { kind: 'text', id: 'trade-offs', label: 'Trade-offs', help: 'What became worse, and why that is bearable or not.', template: '' },
      { kind: 'text', id: 'advice', label: 'Advice', help: 'What to do, and what to watch afterwards.', template: '' },
    ],
    rubric: [
      { id: 'evidence', title: 'Figures are measured and compared with the start' },
      { id: 'trade-offs', title: 'Trade-offs are named honestly' },
      { id: 'advice', title: 'The advice follows from the figures' },
    ],
  },
} as const satisfies Readonly<Record<string, Form>>;

export type FormName = keyof typeof artefactForms;
export const formNames = Object.keys(artefactForms) as readonly FormName[];
