import { isDisturbing, startCheck, type Check } from './check-spec.ts';
import type { CheckContext } from './check-context.ts';
import { PlatformError } from './platform-error.ts';
import { orAborted, watchWindow, type WindowOutcome } from './stability-window.ts';
import type { CheckResult, Verdict } from './verdict.ts';
import { fail, inconclusive, pass } from './verdicts.ts';

/** A check that runs longer than its own bounds by this much is given up: our fault, inconclusive. */
const GRACE_MS = 60_000;

/**
 * Runs checks: those that only look side by side, then those that disturb one by one. Results keep the order of `checks`. Never throws for what
 * goes wrong in the sandbox or on the way to it; only an aborted signal ends it early.
 */
export async function runChecks(checks: readonly Check[], context: CheckContext): Promise<readonly CheckResult[]> {
  const running = new Map<string, Promise<CheckResult>>();
  const looking: Promise<unknown>[] = [];
  for (const check of inOrder(checks)) {
    const before = check.after.flatMap((id) => running.get(id) ?? []);
    const turn = isDisturbing(check) ? [...running.values()] : before;
    const result = Promise.all(turn).then(async () => runAfter(check, await Promise.all(before), context));
    running.set(check.id, result);
    looking.push(result);
  }
  await Promise.all(looking);
  return Promise.all(checks.flatMap((check) => running.get(check.id) ?? []));
}

/**
 * The same where `decidedBy` are known to fail: those and what they wait for are made, and all others count as passed, so that a failure is owed to these alone.
 * With nothing known, all are made.
 */
export async function runDecisive(
  checks: readonly Check[],
  decidedBy: readonly string[],
  context: CheckContext,
): Promise<readonly CheckResult[]> {
  const needed = new Set(decidedBy);
  for (const id of needed) for (const before of checks.find((check) => check.id === id)?.after ?? []) needed.add(before);
  const made = needed.size === 0 ? checks : checks.filter(({ id }) => needed.has(id));
  const results = new Map((await runChecks(made, context)).map((result) => [result.id, result]));
  return checks.map((check) => results.get(check.id) ?? toResult(check, { verdict: pass() }, context.clock.now(), context));
}

/** One look each, without windows: what a step shows while its trainee works. */
export async function lookOnce(checks: readonly Check[], context: CheckContext): Promise<readonly CheckResult[]> {
  return runChecks(
    checks.map((check) => ({ ...check, within: 0, holdFor: 0, after: [] })),
    context,
  );
}

/** The same without those that disturb: their results are marked as untried. */
export async function lookQuietly(checks: readonly Check[], context: CheckContext): Promise<readonly CheckResult[]> {
  const quiet = checks.filter((check) => !isDisturbing(check));
  const results = new Map((await lookOnce(quiet, context)).map((result) => [result.id, result]));
  return checks.map((check) => results.get(check.id) ?? untried(check, context));
}

function untried(check: Check, context: CheckContext): CheckResult {
  const verdict = inconclusive('This one tries things out, so it is made only when you ask for it: press “Check now”.');
  return { ...toResult(check, { verdict }, context.clock.now(), context), untried: true };
}

/** Disturbing checks last, and every check behind those it names. */
function inOrder(checks: readonly Check[]): readonly Check[] {
  const ordered: Check[] = [];
  const waiting = [...checks.filter((check) => !isDisturbing(check)), ...checks.filter(isDisturbing)];
  while (waiting.length > 0) {
    const known = new Set(ordered.map(({ id }) => id));
    const index = waiting.findIndex(({ after }) => after.every((id) => known.has(id) || !waiting.some((other) => other.id === id)));
    ordered.push(...waiting.splice(Math.max(index, 0), 1));
  }
  return ordered;
}

async function runAfter(check: Check, before: readonly CheckResult[], context: CheckContext): Promise<CheckResult> {
  const broken = before.find(({ verdict }) => verdict.kind !== 'pass');
  if (broken === undefined) return runOne(check, context);
  const reason = `Not tried, because this does not hold: ${broken.title}.`;
  return toResult(
    check,
    { verdict: broken.verdict.kind === 'inconclusive' ? inconclusive(reason) : fail(reason) },
    context.clock.now(),
    context,
  );
}

async function runOne(check: Check, context: CheckContext): Promise<CheckResult> {
  const startedAtMs = context.clock.now();
  try {
    return toResult(check, await runBounded(check, context), startedAtMs, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof PlatformError)) throw error;
    return toResult(check, { verdict: inconclusive(error.message) }, startedAtMs, context);
  }
}

async function runBounded(check: Check, context: CheckContext): Promise<WindowOutcome> {
  const { within: withinMs, holdFor: holdForMs, every: everyMs } = check;
  const limit = new AbortController();
  const limitMs = withinMs + holdForMs + GRACE_MS;
  using _timer = context.clock.after(limitMs, () =>
    limit.abort(new PlatformError('TimedOut', `The check did not end within ${limitMs / 1000} s.`)),
  );
  const signal = AbortSignal.any([context.signal, limit.signal]);
  const sample = await orAborted(startCheck(check, { ...context, signal }), signal);
  // Awaited here: the timer ends with this function.
  return await watchWindow(sample, { withinMs, holdForMs, everyMs, clock: context.clock, signal });
}

function toResult(check: Check, { verdict, recoveredAtMs }: WindowOutcome, startedAtMs: number, { clock }: CheckContext): CheckResult {
  const { id, title, weight, critical, hidden, dimension } = check;
  return {
    id,
    title,
    weight,
    critical,
    hidden,
    dimension,
    verdict: hidden ? inGeneralWords(verdict, check.explain) : verdict,
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: new Date(clock.now()).toISOString(),
    ...(recoveredAtMs === undefined ? {} : { recoveredAt: new Date(recoveredAtMs).toISOString() }),
  };
}

/** A hidden probe that says what it asked is hidden no longer. */
function inGeneralWords(verdict: Verdict, explain: string): Verdict {
  return verdict.kind === 'fail' ? { ...verdict, reason: explain } : verdict;
}
