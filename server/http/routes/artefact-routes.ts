import { notFound } from '../../app-error.ts';
import {
  artefactsSchema,
  artefactVersionContentSchema,
  artefactVersionsSchema,
  artefactViewSchema,
  rateArtefactSchema,
  saveArtefactSchema,
  submitArtefactSchema,
} from '../../contract/artefacts.ts';
import { everyone, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function artefactRoutes({ artefacts }: Services): Route[] {
  const base = '/api/attempts/:id/artefacts/:artefact';
  return [
    route(
      'GET',
      '/api/attempts/:id/artefacts',
      everyone,
      async (call) => ok(await artefacts.list(call.session.person, param(call, 'id'))),
      { says: 'What is written in an attempt.', answers: artefactsSchema },
    ),
    route(
      'PUT',
      base,
      everyone,
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
      everyone,
      async (call) => ok(await artefacts.submit(call.session.person, param(call, 'id'), param(call, 'artefact'), call.body.basedOn)),
      { says: 'Hands the kept version in.', body: submitArtefactSchema, answers: artefactViewSchema },
    ),
    route(
      'GET',
      `${base}/versions`,
      everyone,
      async (call) => ok({ versions: await artefacts.versions(call.session.person, param(call, 'id'), param(call, 'artefact')) }),
      { says: 'Its versions, the newest first.', answers: artefactVersionsSchema },
    ),
    route(
      'GET',
      `${base}/versions/:n`,
      everyone,
      async (call) => {
        const version = versionNumber(param(call, 'n'));
        return ok({ content: await artefacts.content(call.session.person, param(call, 'id'), param(call, 'artefact'), version) });
      },
      { says: 'One version.', answers: artefactVersionContentSchema },
    ),
    route(
      'POST',
      `${base}/rating`,
      staff,
      async (call) => ok(await artefacts.rate(call.session.person, param(call, 'id'), param(call, 'artefact'), call.body)),
      { says: 'Rates a version, never one’s own.', body: rateArtefactSchema, answers: artefactViewSchema },
    ),
  ];
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw notFound('version');
  return Number(text);
}
