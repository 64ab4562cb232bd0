import type { Figure, MetricId } from '../contract/program.ts';

export interface MetricDefinition extends Pick<Figure, 'title' | 'definition' | 'unit' | 'better' | 'source'> {
  readonly id: MetricId;
  /** The published example of a programme, offered until somebody says what theirs is. */
  readonly target: number;
  /** How facts become a number: a share of those that count, their mean, or how many there were in thirty days. */
  readonly kind: 'share' | 'mean' | 'monthly';
  /** Whether facts are of people, so that few of them must not be shown. */
  readonly personal: boolean;
}

export const metricDefinitions: readonly MetricDefinition[] = [
  {
    id: 'completion',
    title: 'Training completion',
    definition:
      'Of all labs that were due by that day, the share that was taken to a verdict in time. Each member and each lab that the curriculum asks of their track counts once.',
    unit: '%',
    better: 'up',
    source: 'Drillhouse: curriculum and verdicts',
    target: 90,
    kind: 'share',
    personal: true,
  },
  {
    id: 'passed',
    title: 'Labs passed',
    definition: 'Of the attempts that ended with a verdict in the thirty days before, the share that passed.',
    unit: '%',
    better: 'up',
    source: 'Drillhouse: verdicts, with overrides',
    target: 80,
    kind: 'share',
    personal: true,
  },
  {
    id: 'recovery',
    title: 'Incident recovery time',
    definition:
      'The mean time from the fault being live to the service being restored for good, stamped by the engine, in the incidents of the thirty days before.',
    unit: 'min',
    better: 'down',
    source: 'Drillhouse: the engine’s own stamps',
    target: 60,
    kind: 'mean',
    personal: true,
  },
  {
    id: 'cost',
    title: 'Cost of 1,000 requests',
    definition: 'The mean of what 1,000 requests cost in the last measured run of each attempt, in the thirty days before.',
    unit: '$',
    better: 'down',
    source: 'Drillhouse: measured runs of labs',
    target: 12,
    kind: 'mean',
    personal: true,
  },
  {
    id: 'change-failures',
    title: 'Changes that fail',
    definition: 'Of the team’s changes to production in the thirty days before, the share that failed.',
    unit: '%',
    better: 'down',
    source: 'Imported changes',
    target: 12,
    kind: 'share',
    personal: false,
  },
  {
    id: 'tickets',
    title: 'Internal support tickets',
    definition: 'How many tickets the team opened in the thirty days before.',
    unit: 'a month',
    better: 'down',
    source: 'Imported tickets',
    target: 90,
    kind: 'monthly',
    personal: false,
  },
];
