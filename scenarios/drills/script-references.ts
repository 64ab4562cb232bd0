import type { LabProblem } from '../../labs/lab-stage.ts';
import { showPath, type Path } from '../../labs/schema-problems.ts';
import type { YamlSource } from '../../labs/yaml-source.ts';
import type { DrillScript, ScriptInject } from './drill-script.ts';

/** What a script may name of the labs. */
export interface KnownLab {
  readonly slug: string;
  readonly faults: readonly { readonly id: string }[];
}

/** The fault that changes nothing: live fire begins with it, so that the service runs until the script breaks it. */
export const QUIET_FAULT = 'nothing-wrong';

interface Place {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
}

/** Names in a script that lead nowhere, and what is named well and yet cannot work. */
export function findScriptProblems(script: DrillScript, labs: readonly KnownLab[], source: YamlSource): readonly LabProblem[] {
  const places = [
    ...twice(script.injects.map(({ number }) => number)).map((index) => ({
      path: ['injects', index, 'number'],
      message: 'This number is there twice.',
      remedy: 'Give each inject a number of its own.',
    })),
    ...twice(script.objectives.map((objective) => objective.id)).map((index) => ({
      path: ['objectives', index, 'id'],
      message: 'This objective is there twice.',
      remedy: 'Give each objective an id of its own.',
    })),
    ...script.injects.flatMap((inject, index) =>
      injectProblems(script, inject).map((place) => ({ ...place, path: ['injects', index, ...place.path] })),
    ),
    ...orderProblems(script),
    ...beginningProblems(script),
    ...roleProblems(script),
    ...labProblems(script, labs),
  ];
  return places.map(({ path, message, remedy }) => ({ file: source.file, ...source.locate(path), path: showPath(path), message, remedy }));
}

function injectProblems(script: DrillScript, inject: ScriptInject): readonly Place[] {
  const problems: Place[] = [];
  const tell = (path: Path, message: string, remedy: string): void => void problems.push({ path, message, remedy });
  if ((inject.at === undefined) === (inject.when === undefined))
    tell(['number'], 'An inject has a time (`at`) or is a contingency (`when`), one of the two.', 'Keep one of them.');
  if (inject.at !== undefined && inject.at > script.minutes * 60_000)
    tell(['at'], `This is after the end: the drill plays ${script.minutes} minutes.`, 'Bring it forward, or give the drill more minutes.');
  if (inject.kind !== 'fault' && inject.fault !== undefined)
    tell(['fault'], `An inject of the kind ${inject.kind} breaks nothing.`, 'Make it of the kind fault, or take `fault` out.');
  if (inject.kind === 'fault' && (inject.fault === undefined) !== (script.live === undefined))
    tell(['kind'], 'In a script with `live` a fault is named by `fault`; in one without it there is none to name.', 'Make the two agree.');
  if (inject.kind !== 'fault' && inject.to.length === 0) tell(['to'], 'Nobody receives it.', 'Name roles, or write everyone.');
  if (inject.objective !== undefined && !script.objectives.some(({ id }) => id === inject.objective))
    tell(['objective'], `There is no objective ${inject.objective}.`, `Name one of: ${script.objectives.map(({ id }) => id).join(', ')}.`);
  if (inject.when !== undefined) {
    const asked = script.injects.find(({ number }) => number === inject.when?.unanswered);
    if (asked?.expect === undefined)
      tell(
        ['when', 'unanswered'],
        asked === undefined ? `There is no inject ${inject.when.unanswered}.` : `The inject ${asked.number} expects no response.`,
        'Name an inject that has `expect`.',
      );
    if (asked === inject) tell(['when', 'unanswered'], 'It waits for itself.', 'Name another inject.');
  }
  return problems;
}

/** Whoever runs it reads the list from above: what stands further down comes later. */
function orderProblems({ injects }: DrillScript): readonly Place[] {
  return injects.flatMap(({ at, number }, index) => {
    const before = injects.slice(0, index).findLast((other) => other.at !== undefined && at !== undefined && other.at > at);
    if (before === undefined) return [];
    const message = `The times are out of order: inject ${number} comes before inject ${before.number}, which stands above it.`;
    return [{ path: ['injects', index, 'at'], message, remedy: 'Sort the list by time, or correct the time.' }];
  });
}

function beginningProblems(script: DrillScript): readonly Place[] {
  const first = script.injects.find(({ number }) => number === script.begins);
  if (first?.at !== undefined) return [];
  const message =
    first === undefined ? `There is no inject ${script.begins}.` : `The inject ${script.begins} is a contingency, which may never come.`;
  return [{ path: ['begins'], message, remedy: 'Name the inject from which something is wrong, or seems to be.' }];
}

/** Whom an inject is for must be at the table. */
function roleProblems({ roles, injects }: DrillScript): readonly Place[] {
  const overlaps = roles.useful.flatMap((role, index) =>
    roles.needed.includes(role)
      ? [{ path: ['roles', 'useful', index], message: `The role ${role} is needed already.`, remedy: 'Name it once.' }]
      : [],
  );
  const absent = injects.flatMap(({ to }, index) =>
    to !== 'everyone' && to.length > 0 && !to.some((role) => roles.needed.includes(role))
      ? [{ path: ['injects', index, 'to'], message: 'It reaches only roles that may be absent.', remedy: 'Add a role that is needed.' }]
      : [],
  );
  const commander = roles.needed.includes('commander')
    ? []
    : [{ path: ['roles', 'needed'], message: 'Somebody has to command.', remedy: 'Add commander.' }];
  return [...overlaps, ...absent, ...commander];
}

function labProblems({ live, injects }: DrillScript, labs: readonly KnownLab[]): readonly Place[] {
  if (live === undefined) return [];
  const lab = labs.find(({ slug }) => slug === live.lab);
  if (lab === undefined) {
    const known = labs.map(({ slug }) => slug).join(', ');
    return [{ path: ['live', 'lab'], message: `There is no lab ${live.lab}.`, remedy: `Name one of: ${known}.` }];
  }
  const faults = lab.faults.map(({ id }) => id);
  const quiet = faults.includes(QUIET_FAULT)
    ? []
    : [
        {
          path: ['live', 'lab'],
          message: `The lab ${live.lab} has no control ${QUIET_FAULT}, with which live fire begins.`,
          remedy: 'Name a lab that has it, or take `live` out.',
        },
      ];
  const unknown = injects.flatMap(({ fault }, index) =>
    fault === undefined || faults.includes(fault)
      ? []
      : [
          {
            path: ['injects', index, 'fault'],
            message: `The lab ${live.lab} has no fault ${fault}.`,
            remedy: `Name one of: ${faults.join(', ')}.`,
          },
        ],
  );
  return [...quiet, ...unknown];
}

/** The places of what was there before. */
function twice(values: readonly unknown[]): readonly number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}
