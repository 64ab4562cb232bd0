import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../app-error.ts';

/** Argon2id at the first of OWASP's equivalent settings: 19 MiB, two passes, one lane; about 30 ms on this class of machine. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes at once, so that a storm of sign-ins takes neither all memory nor all threads of libuv's pool. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 100;

let atWork = 0;
const waiting: (() => void)[] = [];

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, PARAMETERS));
}

/** Also does the work for people who do not exist or have no password, so that time does not tell who has an account. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const matches = await inTurn(async () => verify(passwordHash ?? (await decoyHash()), password));
  return passwordHash !== null && matches;
}

let decoy: Promise<string> | undefined;
function decoyHash(): Promise<string> {
  decoy ??= hash('nobody has this password', PARAMETERS);
  return decoy;
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (atWork >= MAX_AT_ONCE) {
    if (waiting.length >= MAX_WAITING) {
      throw new AppError('TooManyRequests', 'Too many people are signing in at this moment.', {
        retryAfterSeconds: 5,
        remedy: 'Try again in a few seconds.',
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    atWork += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) atWork -= 1;
    else next();
  }
}
