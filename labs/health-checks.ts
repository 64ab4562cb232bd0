import { sleep } from '../infra/cluster/meta/clock.ts';
import type { CheckContext } from '../grader/check-context.ts';
import { isDisturbing, isReading, type Check } from '../grader/check-spec.ts';
import { lookOnce } from '../grader/engine.ts';
import { StageError } from './lab-stage.ts';
import type { RenderedLab } from './lab.ts';
import { pollDelayMs } from './poll-delay.ts';

/** The least between two looks. */
const POLL_MS = 100;

/** Every critical check of the verdict but those that disturb: what must hold before a baseline is worth taking. Pure. */
export function healthChecks(lab: RenderedLab): readonly Check[] {
  return lab.file.verdict.map((id) => lab.check(id)).filter((check) => check.critical && !isDisturbing(check));
}

/** Those of them that the lab watches for a while: enough to know that what was declared runs. Pure. */
export function signsOfLife(lab: RenderedLab): readonly Check[] {
  const all = healthChecks(lab);
  const watched = all.filter(({ holdFor }) => holdFor > 0);
  return watched.length === 0 ? all : watched;
}

/**
 * Looks until each of them has held; else throws StageError and says what is missing, also where the check is hidden from those it judges. What held is not looked at
 * again while the rest is waited for: nobody works in the sandbox meanwhile.
 */
export async function awaitChecks(checks: readonly Check[], context: CheckContext, timeoutMs: number): Promise<void> {
  const startedAtMs = context.clock.now();
  const shown = checks.map((check): Check => ({ ...check, hidden: false }));
  // Probes start a program in the sandbox, and would only take the processor from pods that are still starting.
  await awaitEach(shown.filter(isReading), context, startedAtMs, timeoutMs);
  await awaitEach(
    shown.filter((check) => !isReading(check)),
    context,
    startedAtMs,
    timeoutMs,
  );
}

async function awaitEach(checks: readonly Check[], context: CheckContext, startedAtMs: number, timeoutMs: number): Promise<void> {
  let open = checks;
  while (open.length > 0) {
    const results = await lookOnce(open, context);
    const missing = results.find(({ verdict }) => verdict.kind === 'fail') ?? results.find(({ verdict }) => verdict.kind !== 'pass');
    if (missing === undefined || missing.verdict.kind === 'pass') return;
    const waitedMs = context.clock.now() - startedAtMs;
    if (waitedMs > timeoutMs) {
      const code = missing.verdict.kind === 'fail' ? 'NotHealthy' : 'PlatformFailed';
      throw new StageError(code, `Not healthy yet: ${missing.title}. ${missing.verdict.reason}`);
    }
    open = open.filter((_check, index) => results[index]?.verdict.kind !== 'pass');
    await sleep(context.clock, pollDelayMs(waitedMs, POLL_MS), context.signal);
  }
}
