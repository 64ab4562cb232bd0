import type { z } from 'zod';
import { AnswerStream } from '../answer-stream.ts';
import { openCompletion, runCompletion, type Completion } from '../completion.ts';
import { promptTokens } from '../generation.ts';
import { randomId } from '../ids.ts';
import type { Inbound } from '../inbound.ts';
import { refuse } from '../refusal.ts';
import { cacheBreakpoints, countSchema, messageSchema, messagesOf } from './message-request.ts';

export async function betaMessages(inbound: Inbound): Promise<void> {
  const request = await inbound.parse(messageSchema);
  refuseTools(request.tools);
  inbound.isStream = request.stream === true;
  const completion = openCompletion(inbound, {
    model: request.model,
    prompt: {
      messages: messagesOf(request),
      maxOutputTokens: request.max_tokens,
      stops: request.stop_sequences ?? [],
      seed: inbound.provider.seed,
    },
    reservedOutputTokens: request.max_tokens,
    cacheBoundaries: () => cacheBreakpoints(request),
    billsCacheWrites: true,
  });
  if (inbound.isStream) await stream(inbound, completion);
  else await whole(inbound, completion);
}

export async function betaCountTokens(inbound: Inbound): Promise<void> {
  const request: z.infer<typeof countSchema> = await inbound.parse(countSchema);
  refuseTools(request.tools);
  inbound.model = inbound.provider.requireModel(request.model, 'chat');
  inbound.sendJson({ input_tokens: promptTokens(messagesOf(request)).length });
}

function refuseTools(tools: readonly unknown[] | undefined): void {
  if (tools !== undefined && tools.length > 0)
    refuse({ kind: 'unsupported', param: 'tools', message: 'this model does not support tool use' });
}

async function whole(inbound: Inbound, completion: Completion): Promise<void> {
  const parts: string[] = [];
  if (!(await runCompletion(inbound, completion, (token) => parts.push(token)))) return;
  inbound.sendJson({
    ...opening(completion),
    content: [{ type: 'text', text: parts.join('') }],
    ...ending(completion),
    usage: { ...inputUsage(completion), output_tokens: parts.length, service_tier: 'standard' },
  });
}

/** Keeps connections that carry nothing for a while from being taken for dead. */
const PING_MS = 10_000;

async function stream(inbound: Inbound, completion: Completion): Promise<void> {
  const events = new AnswerStream(inbound);
  const send = (type: string, data: object = {}): void => events.send({ type, ...data }, type);
  const message = { ...opening(completion), content: [], stop_reason: null, stop_sequence: null };
  send('message_start', { message: { ...message, usage: { ...inputUsage(completion), output_tokens: 1, service_tier: 'standard' } } });
  send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  send('ping');
  using _pings = repeat(inbound, () => send('ping'));
  const onToken = (text: string): void => send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  if (!(await runCompletion(inbound, completion, onToken))) return;
  send('content_block_stop', { index: 0 });
  send('message_delta', { delta: ending(completion), usage: { output_tokens: completion.answer.tokens.length } });
  send('message_stop');
  events.end();
}

function repeat({ provider }: Inbound, act: () => void): Disposable {
  let timer: Disposable;
  const arm = (): void => {
    timer = provider.clock.after(PING_MS, () => {
      act();
      arm();
    });
  };
  arm();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function opening({ answeringModel }: Completion): object {
  return { id: `msg_01${randomId(22)}`, type: 'message', role: 'assistant', model: answeringModel };
}

function ending({ answer }: Completion): object {
  switch (answer.ending.kind) {
    case 'stop':
      return { stop_reason: 'end_turn', stop_sequence: null };
    case 'length':
      return { stop_reason: 'max_tokens', stop_sequence: null };
    case 'stopSequence':
      return { stop_reason: 'stop_sequence', stop_sequence: answer.ending.sequence };
  }
}

function inputUsage({ input }: Completion): object {
  return {
    input_tokens: input.inputTokens,
    cache_creation_input_tokens: input.cacheWriteTokens,
    cache_read_input_tokens: input.cachedInputTokens,
  };
}
