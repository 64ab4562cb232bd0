/** The checks of one endpoint, by name. All answer at once. */
export type HealthChecks = Readonly<Record<string, () => boolean>>;

export interface HealthAnswer {
  readonly code: 200 | 404 | 500;
  readonly text: string;
}

/**
 * What `/livez`, `/readyz` and `/healthz` say, as Kubernetes does: a word where all is well, a line for each check when that is asked for or
 * something is not. `only` is the check that is named in the path.
 */
export function answerHealth(endpoint: string, checks: HealthChecks, only: string | undefined, query: URLSearchParams): HealthAnswer {
  const excluded = query.getAll('exclude');
  const asked = Object.entries(checks).filter(([name]) => (only === undefined ? !excluded.includes(name) : name === only));
  if (only !== undefined && asked.length === 0) return { code: 404, text: '404 page not found\n' };
  const results = asked.map(([name, check]) => ({ name, isWell: check() }));
  const isWell = results.every((result) => result.isWell);
  if (isWell && !query.has('verbose')) return { code: 200, text: 'ok' };
  const lines = results.map((result) => (result.isWell ? `[+]${result.name} ok` : `[-]${result.name} failed: reason withheld`));
  const left = excluded.filter((name) => checks[name] !== undefined).map((name) => `[+]${name} excluded: ok`);
  return { code: isWell ? 200 : 500, text: `${[...lines, ...left, `${endpoint} check ${isWell ? 'passed' : 'failed'}`].join('\n')}\n` };
}
