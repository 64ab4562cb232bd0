import { hashFraction, hashIndex } from './random.ts';

/**
 * What the simulated model answers: a pure function of model, prompt and seed, so that whoever grades can know it too. Task prompts
 * have right answers; `quality` says how often one is given.
 */
export interface AnswerRequest {
  readonly model: string;
  /** The last user message, or the prompt of a plain completion. */
  readonly prompt: string;
  /** System and earlier messages, where context may stand. */
  readonly context: string;
  readonly seed: number;
  /** 0 to 1. */
  readonly quality: number;
}

type Task = { readonly answer: string; readonly wrongAnswers: readonly string[] };

export function answer(request: AnswerRequest): string {
  const echoed = echoTask(request.prompt);
  if (echoed !== undefined) return echoed;
  const task = sumTask(request.prompt) ?? classifyTask(request.prompt) ?? extractTask(request.prompt) ?? contextTask(request);
  if (task === undefined) return prose(request);
  if (knowsAnswer(request)) return task.answer;
  return (
    task.wrongAnswers[hashIndex(task.wrongAnswers.length, 'wrong', request.model, request.prompt, String(request.seed))] ?? 'I do not know.'
  );
}

/** Whether a model of this quality is right about a task, all needed context given. */
export function knowsAnswer({ model, prompt, seed, quality }: Omit<AnswerRequest, 'context'>): boolean {
  return hashFraction('right', model, prompt, String(seed)) < quality;
}

/** `Repeat exactly: X` is always answered with X: it proves that prompt and answer belong together, not that the model is good. */
function echoTask(prompt: string): string | undefined {
  return /^\s*(?:repeat|reply with) exactly:\s*(\S.{0,199})\s*$/is.exec(prompt)?.[1]?.trim();
}

function sumTask(prompt: string): Task | undefined {
  const match = /what is (\d{1,6})\s*\+\s*(\d{1,6})\s*\?/i.exec(prompt);
  if (match === null) return undefined;
  const sum = Number(match[1]) + Number(match[2]);
  return { answer: String(sum), wrongAnswers: [sum + 1, sum - 10, sum + 100].map(String) };
}

/** Categories of the classification task and the words that decide; the first category whose word occurs is right. */
const categories: readonly { readonly name: string; readonly words: readonly string[] }[] = [
  { name: 'billing', words: ['invoice', 'refund', 'charged', 'payment', 'price'] },
  { name: 'outage', words: ['down', 'unreachable', 'timeout', 'error 5', 'offline'] },
  { name: 'access', words: ['password', 'login', 'locked out', 'permission', 'two-factor'] },
  { name: 'feedback', words: ['thank', 'great', 'love', 'suggest', 'wish'] },
];

/** The task may stand on any line, its text on that line or the next: what else a prompt says is filler, and cutting it changes nothing. */
function classifyTask(prompt: string): Task | undefined {
  const text = /^\s*classify (?:this|the following) (?:ticket|message)[^:\n]*:\s*(.+)/im.exec(prompt)?.[1]?.toLowerCase();
  if (text === undefined) return undefined;
  const right = categories.find((category) => category.words.some((word) => text.includes(word)))?.name ?? 'other';
  return { answer: right, wrongAnswers: [...categories.map((category) => category.name), 'other'].filter((name) => name !== right) };
}

function extractTask(prompt: string): Task | undefined {
  const match = /^\s*extract the ([\w -]{1,40}) from[^:\n]*:\s*(.+)/im.exec(prompt);
  if (match === null) return undefined;
  const [, field = '', text = ''] = match;
  const value = new RegExp(`${escapeRegExp(field.trim())}\\s*(?:is|:|=|was)\\s*([^\\s,;]+)`, 'i').exec(text)?.[1]?.replace(/\.$/, '');
  if (value === undefined) return { answer: 'none', wrongAnswers: ['unknown'] };
  return { answer: value, wrongAnswers: [Array.from(value).reverse().join(''), 'none'] };
}

/** Answers from what the context states; without the statement nothing right can be said, so cutting needed context costs quality. */
function contextTask({ prompt, context }: AnswerRequest): Task | undefined {
  const match = /what is the ([\w -]{1,60}?) of ([\w -]{1,60}?)\?/i.exec(prompt);
  if (match === null) return undefined;
  const [, attribute = '', subject = ''] = match;
  const statement = new RegExp(`the ${escapeRegExp(attribute)} of ${escapeRegExp(subject)} is ([^.\\n]+)`, 'i').exec(
    `${context}\n${prompt}`,
  )?.[1];
  if (statement === undefined) return { answer: 'The context does not say.', wrongAnswers: ['42', 'The context does not say.'] };
  return { answer: statement.trim(), wrongAnswers: ['The context does not say.', `not ${statement.trim()}`] };
}

const openings = ['In short,', 'Briefly,', 'As far as the request goes,', 'From an operator’s view,', 'To begin with,'] as const;
const subjects = [
  'the service',
  'a healthy replica',
  'the queue',
  'the cache',
  'the gateway',
  'this deployment',
  'the token budget',
] as const;
const verbs = ['absorbs', 'limits', 'reports', 'spreads', 'releases', 'measures', 'protects'] as const;
const objects = [
  'the load',
  'its memory',
  'every request',
  'the slow path',
  'a failed node',
  'the tail latency',
  'its neighbours',
] as const;
const endings = [
  'under pressure.',
  'before the limit is reached.',
  'without a restart.',
  'as its probes require.',
  'one batch at a time.',
] as const;

const SENTENCES = 3;

function prose({ model, prompt, seed }: AnswerRequest): string {
  const pick = <T>(items: readonly T[], ...salt: string[]): T => items[hashIndex(items.length, model, prompt, String(seed), ...salt)] as T;
  const sentences = Array.from({ length: SENTENCES }, (_, index) => {
    const at = String(index);
    const subject = pick(subjects, 'subject', at);
    const start = index === 0 ? `${pick(openings, 'opening')} ${subject}` : subject.charAt(0).toUpperCase() + subject.slice(1);
    return `${start} ${pick(verbs, 'verb', at)} ${pick(objects, 'object', at)} ${pick(endings, 'ending', at)}`;
  });
  return sentences.join(' ');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
