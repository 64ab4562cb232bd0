import type { Socket } from 'socket.io-client';
import type { AttemptState, AttemptView } from '../../server/contract/attempts.ts';
import { emit, ServerClient } from '../support/server-client.ts';
import { echoTimes, openTerminal } from './terminals.ts';
import { timed } from './measure.ts';

/** What a trainee does in one attempt, in order; each is timed as the person would feel it. */
export const actions = [
  'sign in',
  'open the catalogue',
  'start the lab',
  'open a terminal',
  'key to echo',
  'kubectl get pods',
  'mend it',
  'verdict',
  'read the result',
] as const;
export type Action = (typeof actions)[number];

/** One thing that was done, or could not be. */
export interface Sample {
  readonly action: Action;
  readonly tookMs: number;
  /** The error's first line; absent when it went well. */
  readonly failure?: string;
}

export interface TraineeAccount {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** Everybody has a computer of their own; the server counts requests by address. */
  readonly address: string;
  readonly keys: number;
}

const START_TIMEOUT_MS = 10 * 60_000;
const MEND_TIMEOUT_MS = 5 * 60_000;
const VERDICT_TIMEOUT_MS = 10 * 60_000;
const LOOKS = 3;
/** A person who knows where the keys are: about five a second. */
const KEY_PAUSE_MS = { from: 80, to: 320 } as const;

/** One trainee from sign-in to result. Ends at the first thing that fails, as a person would; what was done till then counts. */
export async function liveThroughAttempt(account: TraineeAccount, record: (sample: Sample) => void): Promise<void> {
  const recordingFailure = async <T>(action: Action, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    try {
      return await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      record({ action, tookMs: performance.now() - startedAt, failure: message.split('\n')[0]?.slice(0, 300) ?? '' });
      throw error;
    }
  };
  const act = async <T>(action: Action, work: () => Promise<T>): Promise<T> => {
    const { result, tookMs } = await recordingFailure(action, () => timed(work));
    record({ action, tookMs });
    return result;
  };
  const client = await act('sign in', () => ServerClient.signIn(account.url, account));
  const socket = await act('open the catalogue', async () => {
    await client.request('GET', '/api/labs');
    return client.connect();
  });
  try {
    const attempt = await act('start the lab', () => startLab(client, socket));
    const terminal = await act('open a terminal', () => openTerminal(client, socket, attempt));
    const echoes = await recordingFailure('key to echo', () => echoTimes(terminal, account.keys, pauseLikeAPerson));
    for (const tookMs of echoes) record({ action: 'key to echo', tookMs });
    for (let look = 0; look < LOOKS; look += 1) await act('kubectl get pods', () => terminal.run('kubectl get pods'));
    await act('mend it', async () => {
      const { exitCode, output } = await terminal.run(mend(attempt), MEND_TIMEOUT_MS);
      if (exitCode !== 0) throw new Error(`the shell answered ${exitCode}: ${output.slice(-200)}`);
    });
    await act('verdict', async () => {
      const verdict = waitForState(socket, attempt.id, ['passed', 'failed', 'broken'], VERDICT_TIMEOUT_MS);
      await client.request('POST', `/api/attempts/${attempt.id}/grade`, {});
      const { state } = await verdict;
      if (state !== 'passed') throw new Error(`the verdict on a mended service is ${state}`);
    });
    await act('read the result', () => client.result(attempt.id));
  } finally {
    socket.close();
  }
}

async function startLab(client: ServerClient, socket: Socket): Promise<AttemptView> {
  const { id } = await client.startAttempt('endpoint', 'incident');
  const attempt = await waitForState(socket, id, ['incident', 'broken'], START_TIMEOUT_MS);
  if (attempt.state === 'broken') throw new Error(`the attempt broke: ${attempt.trouble ?? ''}`);
  return attempt;
}

/** As the page does it: watches, and takes what comes. */
async function waitForState(socket: Socket, attemptId: string, wanted: readonly AttemptState[], timeoutMs: number): Promise<AttemptView> {
  const arrived = new Promise<AttemptView>((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      socket.off('attempt:changed', look);
      end();
    };
    const look = ({ attempt }: { readonly attempt: AttemptView }): void => {
      if (attempt.id === attemptId && wanted.includes(attempt.state)) settle(() => resolve(attempt));
    };
    const timer = setTimeout(
      () => settle(() => reject(new Error(`the attempt is not ${wanted.join(' or ')} after ${timeoutMs / 1000} s`))),
      timeoutMs,
    );
    socket.on('attempt:changed', look);
    emit<{ readonly attempt: AttemptView }>(socket, 'attempt:watch', { attemptId }).then(look, (error: unknown) =>
      settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
  });
  return arrived;
}

/** What somebody types who has looked: the Secret that is gone is made again as the instructions say, any other fault came with the last revision. */
function mend(attempt: AttemptView): string {
  const instructions = attempt.steps.map(({ markdown }) => markdown ?? '').join('\n');
  const prefix = /ours begin with `([^`]+)`/.exec(instructions)?.[1] ?? '';
  return [
    'if kubectl get secret inference-api-key; then kubectl rollout undo deployment/inference;',
    `else kubectl create secret generic inference-api-key --from-literal=api-key="${prefix}$(openssl rand -hex 16)";`,
    'kubectl rollout restart deployment/inference; fi;',
    'kubectl rollout status deployment/inference --timeout=240s',
  ].join(' ');
}

function pauseLikeAPerson(): Promise<void> {
  const { from, to } = KEY_PAUSE_MS;
  return new Promise((resolve) => setTimeout(resolve, from + Math.random() * (to - from)));
}
