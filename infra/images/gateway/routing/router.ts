import { sleep, type Clock } from '../../../cluster/meta/clock.ts';
import type { Deployment, GatewayConfig, Operation } from '../config/gateway-config.ts';
import { resolveGroup } from '../config/gateway-config.ts';
import { GatewayError } from '../http/gateway-error.ts';
import type { Json } from '../translation/openai-types.ts';
import { callDeployment, type UpstreamAnswer } from '../upstream/call-deployment.ts';
import { ProviderError, toGatewayError } from '../upstream/provider-error.ts';
import { DeploymentState, shouldCoolDown } from './deployment-state.ts';
import { pickDeployment, type Candidate, type DeploymentPick } from './pick.ts';
import { fallbackGroups, planNext, type NextStep } from './plan-next.ts';

/** What a client may say about the way its request goes. */
export interface CallRouting {
  readonly useFallbacks: boolean;
  /** In place of what the deployment or the router has. */
  readonly numRetries: number | undefined;
}

export interface RoutedCall {
  readonly operation: Operation;
  /** As the client said, an alias maybe. */
  readonly model: string;
  readonly group: string;
  readonly body: Json;
  readonly stream: boolean;
  readonly routing: CallRouting;
  readonly signal: AbortSignal;
}

/** How an answer was come by. */
export interface Route {
  readonly deployment: Deployment;
  readonly attemptedRetries: number;
  readonly attemptedFallbacks: number;
}

export interface RoutedAnswer extends Route {
  readonly answer: UpstreamAnswer;
  /** Must be called once, when the answer has been used up, with what it cost in tokens. */
  readonly done: (tokens: number) => void;
}

export interface RouterObserver {
  deploymentSucceeded(deployment: Deployment, seconds: number): void;
  deploymentFailed(deployment: Deployment, error: ProviderError): void;
  deploymentCooledDown(deployment: Deployment, error: ProviderError): void;
  fellBack(from: string, to: string, succeeded: boolean): void;
}

export interface RouterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly observe: RouterObserver;
}

interface Attempts {
  retries: number;
  fallbacks: number;
}

type Attempt =
  | { readonly kind: 'answered'; readonly answer: Pick<RoutedAnswer, 'deployment' | 'answer' | 'done'> }
  | { readonly kind: 'failed'; readonly error: ProviderError };

type GroupOutcome =
  | { readonly kind: 'answered'; readonly answer: RoutedAnswer }
  | { readonly kind: 'failed'; readonly error: ProviderError | GatewayError; readonly next: NextStep };

/** Finds a deployment that answers: picks, retries, spares what fails, and falls back to other groups. Outlives reloads of the configuration. */
export class Router {
  readonly #options: RouterOptions;
  readonly #states = new Map<string, DeploymentState>();
  #config: GatewayConfig;

  constructor(config: GatewayConfig, options: RouterOptions) {
    this.#config = config;
    this.#options = options;
    this.#keepStates();
  }

  /** Deployments that did not change keep what is known of them. */
  reconfigure(config: GatewayConfig): void {
    this.#config = config;
    this.#keepStates();
  }

  stateOf(deployment: Deployment): DeploymentState {
    const state = this.#states.get(deployment.id) ?? new DeploymentState(this.#options.clock);
    this.#states.set(deployment.id, state);
    return state;
  }

  /** Throws GatewayError when nobody answers, and the signal's reason when the client goes. */
  async route(call: RoutedCall): Promise<RoutedAnswer> {
    const attempts: Attempts = { retries: 0, fallbacks: 0 };
    const first = await this.#tryGroup(call, call.group, attempts);
    if (first.kind === 'answered') return first.answer;
    const groups = this.#fallbacksOf(call, first.next);
    let last: ProviderError | GatewayError | undefined;
    for (const name of groups) {
      const group = resolveGroup(this.#config, name) ?? name;
      attempts.fallbacks += 1;
      const outcome = await this.#tryGroup(call, group, attempts);
      this.#options.observe.fellBack(call.group, group, outcome.kind === 'answered');
      if (outcome.kind === 'answered') return outcome.answer;
      last = outcome.error;
    }
    throw tell(first.error, last, call.model, groups, attempts);
  }

  async #tryGroup(call: RoutedCall, group: string, attempts: Attempts): Promise<GroupOutcome> {
    const excluded = new Set<string>();
    let failure: ProviderError | undefined;
    for (let retry = 0; ; retry += 1) {
      const picked = this.#pick(group, excluded);
      if (picked.kind === 'none')
        return { kind: 'failed', error: failure ?? noDeployment(group, picked), next: { kind: 'fall back', list: 'general' } };
      const attempt = await this.#attempt(call, group, picked.candidate);
      if (attempt.kind === 'answered')
        return {
          kind: 'answered',
          answer: { ...attempt.answer, attemptedRetries: attempts.retries, attemptedFallbacks: attempts.fallbacks },
        };
      failure = attempt.error;
      const next = this.#plan(failure, call, group, { retry, alternatives: picked.alternatives });
      if (next.kind !== 'retry') return { kind: 'failed', error: failure, next };
      if (next.excludeDeployment) excluded.add(picked.candidate.deployment.id);
      attempts.retries += 1;
      if (next.afterMs > 0) await sleep(this.#options.clock, next.afterMs, call.signal);
    }
  }

  async #attempt(call: RoutedCall, group: string, { deployment, state }: Candidate): Promise<Attempt> {
    const startedAt = this.#options.clock.now();
    state.started();
    let open = true;
    const done = (tokens: number): void => {
      if (open) state.ended();
      open = false;
      state.used(tokens);
    };
    try {
      const answer = await callDeployment(deployment, { ...call, dropParams: this.#config.dropParams });
      const tookMs = this.#options.clock.now() - startedAt;
      state.succeeded(tookMs);
      this.#options.observe.deploymentSucceeded(deployment, tookMs / 1000);
      return { kind: 'answered', answer: { deployment, answer, done } };
    } catch (error) {
      done(0);
      if (!(error instanceof ProviderError)) throw error;
      this.#failed(group, state, error);
      return { kind: 'failed', error };
    }
  }

  #failed(group: string, state: DeploymentState, error: ProviderError): void {
    const { deployment } = error;
    const { router } = this.#config;
    state.failed();
    this.#options.observe.deploymentFailed(deployment, error);
    const facts = {
      kind: error.kind,
      failuresThisMinute: state.failuresThisMinute,
      outcomesThisMinute: state.outcomesThisMinute,
      groupSize: this.#candidates(group).length,
      allowedFails: router.allowedFails,
    };
    if (!router.cooldowns || !shouldCoolDown(facts)) return;
    state.coolDown(Math.min(error.retryAfterMs ?? 0, 60_000) || (deployment.cooldownMs ?? router.cooldownMs));
    this.#options.observe.deploymentCooledDown(deployment, error);
  }

  #plan(error: ProviderError, call: RoutedCall, group: string, { retry, alternatives }: { retry: number; alternatives: number }): NextStep {
    const { router } = this.#config;
    const retries = call.routing.numRetries ?? error.deployment.maxRetries ?? router.numRetries;
    return planNext(
      {
        kind: error.kind,
        retryAfterMs: error.retryAfterMs,
        retriesLeft: retries - retry,
        retry,
        alternatives,
        hasFallbacks: group === call.group && this.#fallbacksOf(call, { kind: 'fall back', list: 'general' }).length > 0,
        minWaitMs: router.retryAfterMs,
      },
      this.#options.random,
    );
  }

  #fallbacksOf(call: RoutedCall, next: NextStep): readonly string[] {
    if (next.kind !== 'fall back' || !call.routing.useFallbacks) return [];
    const { fallbacks, maxFallbacks } = this.#config.router;
    return fallbackGroups(fallbacks, next.list, call.group, call.model).slice(0, maxFallbacks);
  }

  #pick(group: string, excluded: ReadonlySet<string>): DeploymentPick {
    return pickDeployment(this.#candidates(group), this.#config.router.strategy, excluded, this.#options.random);
  }

  #candidates(group: string): readonly Candidate[] {
    return this.#config.deployments
      .filter((deployment) => deployment.group === group)
      .map((deployment) => ({ deployment, state: this.stateOf(deployment) }));
  }

  #keepStates(): void {
    const ids = new Set(this.#config.deployments.map((deployment) => deployment.id));
    for (const id of this.#states.keys()) if (!ids.has(id)) this.#states.delete(id);
  }
}

/** The client is told of the failure of the group that it asked for; that of the last fallback is only mentioned. */
function tell(
  error: ProviderError | GatewayError,
  fallbackError: ProviderError | GatewayError | undefined,
  model: string,
  groups: readonly string[],
  attempts: Attempts,
): GatewayError {
  const fallbacks = groups.length === 0 ? 'None' : `[${groups.map((group) => `'${group}'`).join(', ')}]`;
  const retried = attempts.retries === 0 ? '' : ` LiteLLM Retried: ${attempts.retries} times`;
  const failed = fallbackError === undefined ? '' : `\nError doing the fallback: ${inWords(fallbackError)}`;
  const told = `Received Model Group=${model}\nAvailable Model Group Fallbacks=${fallbacks}${retried}${failed}`;
  return error instanceof GatewayError ? error.continued(`. ${told}`) : toGatewayError(error, told);
}

function inWords(error: ProviderError | GatewayError): string {
  return error instanceof GatewayError ? error.message : toGatewayError(error, '').message.trim();
}

/** LiteLLM's words when a group has nobody left to ask. Only limits of the gateway's own carry `rate_limit_type`. */
function noDeployment(group: string, { reason, retryAfterMs }: Extract<DeploymentPick, { kind: 'none' }>): GatewayError {
  if (reason === 'unknown')
    return new GatewayError(400, `litellm.BadRequestError: You passed in model=${group}. There is no 'model_name' with this string`, {
      type: 'invalid_request_error',
    });
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const limit = reason === 'limit' ? { rate_limit_type: 'model' } : {};
  const why =
    reason === 'limit' ? 'All deployments are at their rpm, tpm or parallel limit.' : 'All deployments are cooling down after failures.';
  return new GatewayError(
    429,
    `No deployments available for selected model, Try again in ${seconds} seconds. Passed model=${group}. ${why}`,
    {
      headers: { 'retry-after': String(seconds), ...limit },
    },
  );
}
