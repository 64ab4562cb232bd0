import type { AiDeclarationView, AiPolicy } from '../../../server/contract/ai-policy.ts';

interface AiWords {
  /** In a bar. */
  readonly short: string;
  /** In a list or a form. */
  readonly label: string;
  /** As a rule, to be read before the start. */
  readonly rule: string;
}

export const AI_WORDS: Readonly<Record<AiPolicy, AiWords>> = {
  none: {
    short: 'No AI',
    label: 'No AI assistants',
    rule: 'Work without AI assistants: no chat, no completion, no agent. Manuals and searches are fine.',
  },
  allowed: {
    short: 'AI allowed',
    label: 'AI assistants allowed',
    rule: 'AI assistants may help you. At the end you are asked what you used them for; that does not change your score.',
  },
  required: {
    short: 'AI required',
    label: 'AI assistants required',
    rule: 'Use an AI assistant for part of the work, and check what it says. Before the verdict you declare what you used it for.',
  },
};

/** What was declared, in a clause. */
export function declaredWords({ tools }: Pick<AiDeclarationView, 'tools'>): string {
  return tools.length === 0 ? 'no AI assistant was used' : `${tools.join(', ')} helped`;
}
