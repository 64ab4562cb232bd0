import { AppError } from '../app-error.ts';
import type { AiPolicy, DeclareAi } from '../contract/ai-policy.ts';
import { hasEnded, type Attempt, type AttemptAi, type Move } from './attempt.ts';
import { moved } from './move.ts';

/** What is to be known before the start, as a clause. */
export const aiPolicyWords: Readonly<Record<AiPolicy, string>> = {
  none: 'AI assistants are not to be used',
  allowed: 'AI assistants may be used',
  required: 'AI assistants are to be used, and what they were used for is to be declared before the verdict',
};

export function newAttemptAi(policy: AiPolicy, acknowledgedBy: readonly string[] = []): AttemptAi {
  return { policy, acknowledgedBy, declaration: null };
}

/** Throws Conflict when somebody read another policy than the one that holds. */
export function requireSamePolicy(holds: AiPolicy, read: AiPolicy): void {
  if (holds === read) return;
  throw new AppError('Conflict', `The rule about AI assistants has changed: ${aiPolicyWords[holds]}.`, {
    remedy: 'Reload the page, read it, and start again.',
  });
}

/** Somebody who plays says that they have read the policy. Undefined: they have said so already. */
export function acknowledgeAi(attempt: Attempt, policy: AiPolicy, personId: string): Move | undefined {
  const { ai } = attempt;
  if (ai === null || ai.acknowledgedBy.includes(personId)) return undefined;
  requireSamePolicy(ai.policy, policy);
  return moved(
    attempt,
    { ai: { ...ai, acknowledgedBy: [...ai.acknowledgedBy, personId] } },
    { kind: 'ai-acknowledged', text: `Read the rule: ${aiPolicyWords[policy]}.`, actorId: personId },
  );
}

/** What was used, once and for all; also for an attempt that has ended. */
export function declareAi(attempt: Attempt, declared: DeclareAi, personId: string, nowMs: number): Move {
  const { ai } = attempt;
  if (ai === null)
    throw new AppError('Conflict', 'This attempt began before there was a rule about AI assistants.', {
      remedy: 'There is nothing to do.',
    });
  if (ai.declaration !== null)
    throw new AppError('Conflict', 'It was declared already what AI assistants were used for.', {
      remedy: 'Reload the page to see it. A declaration is not changed afterwards.',
    });
  const used = declared.tools.length === 0 ? 'no AI assistant was used' : `${declared.tools.join(', ')} helped`;
  const declaration = { personId, atMs: nowMs, tools: declared.tools, what: declared.what };
  return moved(
    attempt,
    { ai: { ...ai, declaration } },
    { kind: 'ai-declared', text: `Declared that ${used}${hasEnded(attempt) ? ', after the end' : ''}.`, actorId: personId },
  );
}

/** Takes the words of the declaration away; that there was one, and the tools, stay. Undefined: there are none. */
export function forgetDeclared(attempt: Attempt): Move | undefined {
  const { ai } = attempt;
  if (ai === null || ai.declaration === null || ai.declaration.what === '') return undefined;
  return moved(attempt, { ai: { ...ai, declaration: { ...ai.declaration, what: '' } } });
}

/** Throws Conflict where the policy asks for a declaration and there is none yet. */
export function requireDeclaration({ ai }: Attempt): void {
  if (ai?.policy !== 'required' || ai.declaration !== null) return;
  throw new AppError('Conflict', 'This attempt asks for a declaration of what AI assistants were used for, and there is none yet.', {
    remedy: 'Declare it first; the verdict comes then.',
  });
}
