import type { LoadedScript, LoadedScripts } from '../../scenarios/drills/load-scripts.ts';
import type { DrillScripts, ScriptSummary, ScriptView } from '../contract/drills.ts';
import { newDrillState } from './drill-state.ts';
import { viewInject } from './inject-view.ts';

export function viewScripts({ scripts, problems }: LoadedScripts): DrillScripts {
  return {
    scripts: scripts.map(summariseScript),
    problems: problems.map(({ file, line, path, message, remedy }) => ({ file, line: line ?? null, path: path ?? null, message, remedy })),
  };
}

function summariseScript({ slug, script }: LoadedScript): ScriptSummary {
  return {
    slug,
    title: script.title,
    summary: script.summary,
    minutes: script.minutes,
    injects: script.injects.length,
    lab: script.live?.lab ?? null,
    needed: [...script.roles.needed],
    useful: [...script.roles.useful],
    objectives: script.objectives.map(({ title }) => title),
  };
}

/** The whole script, for whoever is going to run it. */
export function viewScript(loaded: LoadedScript): ScriptView {
  const { script, slug, hash } = loaded;
  const { injects } = newDrillState({
    id: '',
    scriptSlug: slug,
    scriptHash: hash,
    script,
    mode: 'tabletop',
    createdById: '',
    startsAtMs: 0,
  });
  return {
    ...summariseScript(loaded),
    objectives: [...script.objectives],
    briefing: script.briefing,
    guide: script.guide,
    runbook: script.runbook,
    list: injects.map((inject) => viewInject(inject, (id) => ({ id, name: '' }))),
    questions: [...script.questions],
  };
}
