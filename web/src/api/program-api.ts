import {
  figuresSchema,
  importPreviewSchema,
  importSchema,
  importsSchema,
  programmeSchema,
  programmesSchema,
  type Figures,
  type Grouping,
  type ImportPreview,
  type ImportRows,
  type ImportView,
  type Programme,
  type SaveProgramme,
} from '../../../server/contract/program.ts';
import { requestJson, requestNothing } from './http.ts';

/** Null: everybody. */
export type FiguresOf = { readonly by: Grouping; readonly name: string } | null;

const figuresQuery = (of: FiguresOf): string => (of === null ? '' : `?${new URLSearchParams({ by: of.by, name: of.name }).toString()}`);

export async function fetchFigures(of: FiguresOf, signal?: AbortSignal): Promise<Figures> {
  return requestJson('GET', `/api/programmes/figures${figuresQuery(of)}`, figuresSchema, { signal });
}

export const figuresCsvPath = (of: FiguresOf): string => `/api/programmes/figures.csv${figuresQuery(of)}`;

export async function fetchProgrammes(signal?: AbortSignal): Promise<Programme[]> {
  return (await requestJson('GET', '/api/programmes', programmesSchema, { signal })).programmes;
}

export async function saveProgramme(cohortId: string, programme: SaveProgramme): Promise<Programme> {
  return requestJson('PUT', `/api/programmes/${encodeURIComponent(cohortId)}`, programmeSchema, { body: programme });
}

export async function fetchImports(signal?: AbortSignal): Promise<ImportView[]> {
  return (await requestJson('GET', '/api/imports', importsSchema, { signal })).imports;
}

export async function previewImport(rows: ImportRows): Promise<ImportPreview> {
  return requestJson('POST', '/api/imports/preview', importPreviewSchema, { body: rows });
}

export async function makeImport(rows: ImportRows): Promise<ImportView> {
  return requestJson('POST', '/api/imports', importSchema, { body: rows });
}

export async function undoImport(id: string): Promise<void> {
  await requestNothing('DELETE', `/api/imports/${encodeURIComponent(id)}`);
}
