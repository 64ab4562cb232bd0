import type { LabSummary } from '../../../labs/lab-stage.ts';
import { hasEnded, type Attempt } from '../../attempts/attempt.ts';
import { planOffer } from '../../attempts/lab-offer.ts';
import { countsFor } from '../../attempts/team.ts';
import { catalogueSchema, type LabView } from '../../contract/labs.ts';
import { everyone, ok, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function labRoutes({ catalogue, records, verdicts, ai, substrate }: Services): Route[] {
  return [
    route(
      'GET',
      '/api/labs',
      everyone,
      async ({ session }) => {
        const { id, role } = session.person;
        const [mine, overrides, policies] = await Promise.all([records.list({ personId: id }), verdicts.overrides(), ai.policiesFor(id)]);
        const seesFaults = staff.includes(role);
        const { offered, withheld } = planOffer(catalogue.labs, substrate.ground);
        const labs = offered.map((lab) =>
          viewLab(
            lab,
            mine.filter((attempt) => attempt.lab.slug === lab.slug && (!hasEnded(attempt) || countsFor(attempt, id))),
            overrides,
            seesFaults,
            policies.get(lab.slug) ?? 'allowed',
          ),
        );
        return ok({ labs, problems: role === 'trainee' ? [] : [...catalogue.problems, ...withheld] });
      },
      { says: 'Lists the labs that can be had here, and for staff what is wrong with the others.', answers: catalogueSchema },
    ),
  ];
}

function viewLab(
  lab: LabSummary,
  mine: readonly Attempt[],
  overrides: ReadonlyMap<string, string>,
  seesFaults: boolean,
  aiPolicy: LabView['aiPolicy'],
): LabView {
  const scores = mine.flatMap((attempt) => attempt.score ?? []);
  return {
    slug: lab.slug,
    version: lab.version,
    title: lab.title,
    summary: lab.summary,
    level: lab.level,
    minutes: lab.minutes,
    incidentMinutes: lab.incidentMinutes,
    tracks: [...lab.tracks],
    objectives: [...lab.objectives],
    steps: lab.steps.map(({ id, title, phase }) => ({ id, title, phase })),
    faults: seesFaults ? lab.faults.map(({ id, title }) => ({ id, title })) : [],
    passMark: lab.passMark,
    aiPolicy,
    team: (lab.team ?? []).map((role) => ({ ...role })),
    mine: {
      runningAttemptId: mine.find((attempt) => !hasEnded(attempt))?.id ?? null,
      attempts: mine.length,
      bestScore: scores.length === 0 ? null : Math.max(...scores),
      passed: mine.some((attempt) => (overrides.get(attempt.id) ?? attempt.state) === 'passed'),
    },
  };
}
