/** What a command that was typed does: looks, changes, or puts something at risk that cannot be taken back. */
export type ActionKind = 'look' | 'change' | 'risk';

export interface TypedAction {
  readonly atMs: number;
  readonly kind: ActionKind;
  /** What was looked at: `objects`, `logs`, `events` or `traffic`; null for what changes. */
  readonly source: LookSource | null;
  /** The command without options and values, which may hold secrets. */
  readonly command: string;
}

export type LookSource = 'objects' | 'logs' | 'events' | 'traffic';

const LOOKS: readonly (readonly [RegExp, LookSource])[] = [
  [/^kubectl logs\b/, 'logs'],
  [/^kubectl (?:get )?(?:events?|ev)\b/, 'events'],
  [/^kubectl (?:get|describe|explain|diff|top|auth|rollout (?:status|history))\b/, 'objects'],
  [/^(?:curl|wget|ask\.sh)\b/, 'traffic'],
];
const CHANGES =
  /^kubectl (?:apply|patch|replace|edit|scale|set|create|delete|drain|cordon|uncordon|taint|label|annotate|rollout (?:restart|undo|pause|resume))\b/;

/** Options that take a value, before the verb. */
const LEADING_OPTIONS = /^((?:kubectl|k)\b)((?:\s+(?:(?:-n|--namespace|--context|--kubeconfig)[= ]\S+|-A|--all-namespaces))*)\s+/;
/** Deleting these takes more with it than one pod, which its owner makes anew. */
const WIDE_TARGETS =
  /^(?:ns|namespaces?|deploy|deployments?(?:\.apps)?|sts|statefulsets?|pvc|persistentvolumeclaims?|secrets?|svc|services?|all|nodes?)\b/;

/** The actions of one line as it was typed. Commands that are joined or piped count one by one. Pure. */
export function actionsIn(typed: string, atMs: number): readonly TypedAction[] {
  return typed
    .split(/&&|\|\||[;|]/)
    .map((part) => part.trim().replace(LEADING_OPTIONS, 'kubectl '))
    .flatMap((command) => {
      const action = classify(command);
      return action === undefined ? [] : [{ atMs, ...action, command: withoutValues(command) }];
    });
}

function classify(command: string): Pick<TypedAction, 'kind' | 'source'> | undefined {
  if (isRisky(command)) return { kind: 'risk', source: null };
  if (CHANGES.test(command)) return { kind: 'change', source: null };
  const look = LOOKS.find(([pattern]) => pattern.test(command));
  return look === undefined ? undefined : { kind: 'look', source: look[1] };
}

function isRisky(command: string): boolean {
  if (/^rm\s+(?:-\w*[rf]\w*\s*)+/.test(command)) return true;
  if (/^kubectl drain\b/.test(command)) return true;
  if (/^kubectl scale\b.*--replicas[= ]0\b/.test(command)) return true;
  const target = /^kubectl delete\s+(?<target>.*)$/.exec(command)?.groups?.['target'];
  if (target === undefined) return false;
  return WIDE_TARGETS.test(target) || /(?:^|\s)--(?:all|force|grace-period[= ]0)\b/.test(target);
}

/** The program, its verb and at most two plain words after it; nothing from the first option on. */
function withoutValues(command: string): string {
  const [program = '', ...rest] = command.split(/\s+/);
  const options = rest.findIndex((word) => word.startsWith('-'));
  const plain = options < 0 ? rest : rest.slice(0, options);
  const words = plain.filter((word) => /^[a-z][\w./-]*$/i.test(word)).slice(0, 3);
  return program === 'kubectl' ? [program, ...words].join(' ') : program;
}
