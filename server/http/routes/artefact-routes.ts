import { notFound } from '../../app-error.ts';
import {
  artefactReviewsSchema,
  artefactsSchema,
  artefactVersionContentSchema,
  artefactVersionsSchema,
  artefactViewSchema,
  rateArtefactSchema,
  replySchema,
  resolveThreadSchema,
  saveArtefactSchema,
  startThreadSchema,
  submitArtefactSchema,
} from '../../contract/artefacts.ts';
import { created, everyone, ok, param, route, workers, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function artefactRoutes({ artefacts, artefactReviews }: Services): Route[] {
  const base = '/api/attempts/:id/artefacts/:artefact';
  return [
    route('GET', '/api/attempts/:id/artefacts', workers, async (call) => ok(await artefacts.list(call.session.person, param(call, 'id'))), {
      says: 'What is written in an attempt.',
      answers: artefactsSchema,
    }),
    route(
      'PUT',
      base,
      workers,
      async (call) => ok(await artefacts.save(call.session.person, param(call, 'id'), param(call, 'artefact'), call.body)),
      {
        says: 'Keeps what was written; refused when it was written elsewhere meanwhile.',
        body: saveArtefactSchema,
        answers: artefactViewSchema,
      },
    ),
    route(
      'POST',
      `${base}/submit`,
      workers,
      async (call) => ok(await artefacts.submit(call.session.person, param(call, 'id'), param(call, 'artefact'), call.body.basedOn)),
      { says: 'Hands the kept version in.', body: submitArtefactSchema, answers: artefactViewSchema },
    ),
    route(
      'GET',
      `${base}/versions`,
      workers,
      async (call) => ok({ versions: await artefacts.versions(call.session.person, param(call, 'id'), param(call, 'artefact')) }),
      { says: 'Its versions, the newest first.', answers: artefactVersionsSchema },
    ),
    route(
      'GET',
      `${base}/versions/:n`,
      workers,
      async (call) => {
        const version = versionNumber(param(call, 'n'));
        return ok({ content: await artefacts.content(call.session.person, param(call, 'id'), param(call, 'artefact'), version) });
      },
      { says: 'One version.', answers: artefactVersionContentSchema },
    ),
    route(
      'POST',
      `${base}/rating`,
      everyone,
      async (call) => ok(await artefacts.rate(call.session.person, param(call, 'id'), param(call, 'artefact'), call.body)),
      {
        says: 'Accepts a version or returns it, rated by its rubric: instructors, managers and the writers’ mentors, never of their own.',
        body: rateArtefactSchema,
        answers: artefactViewSchema,
      },
    ),
    route('GET', `${base}/reviews`, workers, async (call) => ok(await artefactReviews.list(call.session.person, whereOf(call))), {
      says: 'Every rating it was given, and what was said about which version.',
      answers: artefactReviewsSchema,
    }),
    route(
      'POST',
      `${base}/threads`,
      everyone,
      async (call) => created(await artefactReviews.begin(call.session.person, whereOf(call), call.body)),
      {
        says: 'Comments on a version, a field or a line of it; for those who review it.',
        body: startThreadSchema,
        answers: artefactReviewsSchema,
        status: 201,
      },
    ),
    route(
      'POST',
      `${base}/threads/:thread`,
      everyone,
      async (call) => created(await artefactReviews.reply(call.session.person, whereOf(call), param(call, 'thread'), call.body.text)),
      { says: 'Answers a comment; it is then open again.', body: replySchema, answers: artefactReviewsSchema, status: 201 },
    ),
    route(
      'PUT',
      `${base}/threads/:thread/resolution`,
      everyone,
      async (call) => ok(await artefactReviews.resolve(call.session.person, whereOf(call), param(call, 'thread'), call.body.resolved)),
      { says: 'Marks a comment as done, or opens it again.', body: resolveThreadSchema, answers: artefactReviewsSchema },
    ),
  ];
}

function whereOf(call: Parameters<typeof param>[0]): { attemptId: string; artefactId: string } {
  return { attemptId: param(call, 'id'), artefactId: param(call, 'artefact') };
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw notFound('version');
  return Number(text);
}
