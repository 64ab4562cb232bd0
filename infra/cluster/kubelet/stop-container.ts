import type { Container } from '../meta/generated/types.ts';
import { sleep } from '../meta/clock.ts';
import type { GraceDeadline } from './grace-deadline.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { runProbe, type ProbeTarget } from './probes/run-probe.ts';
import { messageOf } from '../client/api-errors.ts';

/** What a hook that used up the grace period leaves for SIGTERM, as the kubelet grants it. */
const MIN_GRACE_AFTER_HOOK_SECONDS = 2;

export interface StopRequest {
  readonly container: Container;
  readonly target: ProbeTarget;
  readonly deadline: GraceDeadline;
  readonly onHookFailed: () => void;
}

/** Runs the preStop hook, then stops the container within what remains of the grace period; resolves when it has ended. */
export async function stopContainer(context: KubeletContext, { container, target, deadline, onHookFailed }: StopRequest): Promise<void> {
  const { runtime } = context;
  const hook = container.lifecycle?.preStop;
  if (hook !== undefined && deadline.remainingSeconds > 0) {
    const isDone =
      hook.sleep === undefined ? await runHook(hook, target, deadline) : await sleepHook(context, hook.sleep.seconds, deadline);
    if (!isDone) onHookFailed();
  }
  const signal = container.lifecycle?.stopSignal;
  const stop = (graceSeconds: number): Promise<void> =>
    runtime.stopContainer(target.containerId, { graceSeconds, ...(signal === undefined ? {} : { signal }) });
  const least = hook === undefined ? 0 : MIN_GRACE_AFTER_HOOK_SECONDS;
  using _shrinking = deadline.onShrink(() => {
    stop(deadline.remainingSeconds).catch((error: unknown) => {
      context.log.warn({ container: container.name, reason: messageOf(error) }, 'stopping sooner failed');
    });
  });
  await stop(Math.max(deadline.remainingSeconds, least));
}

async function runHook(hook: Parameters<typeof runProbe>[0], target: ProbeTarget, deadline: GraceDeadline): Promise<boolean> {
  return (await runProbe(hook, target, deadline.remainingSeconds * 1000)).kind === 'success';
}

async function sleepHook({ clock }: KubeletContext, seconds: number, deadline: GraceDeadline): Promise<boolean> {
  const stop = new AbortController();
  using _shrinking = deadline.onShrink(() => stop.abort());
  await sleep(clock, Math.min(seconds, deadline.remainingSeconds) * 1000, stop.signal).catch(() => {});
  return true;
}
