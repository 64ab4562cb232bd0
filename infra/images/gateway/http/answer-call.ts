import { once } from 'node:events';
import type { Exchange } from '../../inference/exchange.ts';
import { tokenize } from '../../inference/tokenizer.ts';
import { planCacheUse, type CacheUse } from '../cache/cache-control.ts';
import type { CacheHit, CacheQuestion } from '../cache/answer-cache.ts';
import { AnswerCollector, chunksOf } from '../cache/replay.ts';
import type { GuardrailMode } from '../config/gateway-config.ts';
import type { Gateway } from '../gateway.ts';
import { guardText, restores, selectGuardrails, type Guardrail } from '../guardrails/guardrails.ts';
import { Redaction } from '../guardrails/redaction.ts';
import { mapAnswerTexts, mapRequestTexts } from '../guardrails/text-parts.ts';
import type { RoutedAnswer } from '../routing/router.ts';
import { costOf } from '../telemetry/pricing.ts';
import { asText, deltaText, firstChoice, readUsage, withDeltaText, type Json, type Usage } from '../translation/openai-types.ts';
import { ProviderError, toGatewayError } from '../upstream/provider-error.ts';
import type { CallRecord } from './call-record.ts';
import { setHeaders, type ParsedCall } from './faces.ts';
import { GatewayError } from './gateway-error.ts';
import { cacheHeaders, routeHeaders } from './response-headers.ts';

export interface AdmittedCall {
  readonly record: CallRecord;
  readonly call: ParsedCall;
  readonly group: string;
}

/** What one call is answered with, step by step: guard the question, look into the cache, ask, guard the answer, send it. */
interface Answering extends AdmittedCall {
  readonly exchange: Exchange;
  readonly gateway: Gateway;
  readonly guardrails: readonly Guardrail[];
  readonly redaction: Redaction;
  readonly abort: AbortController;
  readonly signal: AbortSignal;
  readonly question: CacheQuestion;
  readonly use: CacheUse | undefined;
}

/** Throws GatewayError for what the client is to be told, as long as no part of an answer has been sent. */
export async function answerCall(exchange: Exchange, gateway: Gateway, admitted: AdmittedCall): Promise<void> {
  const { call, record, group } = admitted;
  const guardrails = selectGuardrails(gateway.guardrails, call.guardrails);
  const abort = new AbortController();
  const redaction = new Redaction(restores(guardrails));
  const signal = AbortSignal.any([exchange.signal, abort.signal]);
  const body = await guardRequest({ gateway, guardrails, redaction, signal }, call.body, 'pre_call');
  record.sent = body;
  const names = guardrails.map(({ settings }) => settings.name);
  if (names.length > 0) setHeaders(exchange, { 'x-litellm-applied-guardrails': names.join(',') });
  const { cache } = gateway;
  const settings = gateway.config.cache;
  const use = cache?.covers(record.face.operation) === true && settings !== undefined ? planCacheUse(call.cache, settings) : undefined;
  const teamId = record.caller?.kind === 'key' ? record.caller.key.teamId : undefined;
  const question: CacheQuestion = { operation: record.face.operation, group, body, teamId };
  const answering: Answering = { ...admitted, exchange, gateway, guardrails, redaction, abort, signal, question, use };
  const hit = use?.read === true ? cache?.find(question, use) : undefined;
  if (hit === undefined) await askAndAnswer(answering);
  else await answerFromCache(answering, hit);
}

type Guarding = Pick<Answering, 'gateway' | 'guardrails' | 'redaction' | 'signal'>;

async function guardRequest({ gateway, guardrails, redaction, signal }: Guarding, body: Json, mode: GuardrailMode): Promise<Json> {
  if (!guardrails.some(({ settings }) => settings.modes.has(mode))) return body;
  return mapRequestTexts(body, (text, role) => guardText(guardrails, text, { mode, role, redaction, signal }, gateway.metrics));
}

async function guardAnswer({ gateway, guardrails, redaction, signal }: Guarding, answer: Json): Promise<Json> {
  const guarded = await mapAnswerTexts(answer, (text) =>
    guardText(guardrails, text, { mode: 'post_call', role: 'assistant', redaction, signal }, gateway.metrics),
  );
  return mapAnswerTexts(guarded, (text) => redaction.restore(text));
}

async function answerFromCache(answering: Answering, hit: CacheHit): Promise<void> {
  const { exchange, record, group, call } = answering;
  record.cache = 'hit';
  record.responseModel = asText(hit.answer['model']);
  record.usage = readUsage(hit.answer) ?? record.usage;
  const answer = await guardAnswer(answering, hit.answer);
  record.received = answer;
  setHeaders(exchange, cacheHeaders(group, hit));
  if (call.stream) await sendStream(answering, chunksOf(answer), true);
  else record.face.sendAnswer(exchange, answer);
}

async function askAndAnswer(answering: Answering): Promise<void> {
  const { record, exchange, group } = answering;
  if (answering.use?.read === true) record.cache = 'miss';
  const askedAtMs = answering.gateway.clock.now();
  const routed = await ask(answering);
  record.route = routed;
  try {
    setHeaders(exchange, { ...routeHeaders(group, routed), ...routed.answer.headers });
    if (routed.answer.kind === 'whole') await answerWhole(answering, routed, routed.answer.body);
    else await answerStream(answering, routed, routed.answer.chunks);
  } finally {
    record.providerMs = answering.gateway.clock.now() - askedAtMs;
    answering.abort.abort();
    routed.done(record.usage.inputTokens + record.usage.outputTokens);
  }
}

/** Asks while the guardrails of `during_call` judge the question; nothing of the answer is used before they have. */
async function ask(answering: Answering): Promise<RoutedAnswer> {
  const { gateway, record, call, group, question, signal, abort } = answering;
  const routing = gateway.router.route({
    operation: record.face.operation,
    model: call.model,
    group,
    body: question.body,
    stream: call.stream,
    routing: call.routing,
    signal,
  });
  const guarding = guardRequest(answering, question.body, 'during_call');
  try {
    const [routed] = await Promise.all([routing, guarding]);
    return routed;
  } catch (error) {
    abort.abort();
    // A call that had been answered already is over for its deployment too.
    void routing.then(
      (routed) => routed.done(0),
      () => undefined,
    );
    throw error;
  }
}

async function answerWhole(answering: Answering, routed: RoutedAnswer, body: Json): Promise<void> {
  const { record, exchange, gateway, question, use } = answering;
  settle(record, routed, readUsage(body), asText(body['model']));
  if (use?.write === true) gateway.cache?.store(question, use, body);
  const answer = await guardAnswer(answering, body);
  record.received = answer;
  setHeaders(exchange, {
    'x-litellm-response-cost': String(record.costUsd),
    'x-litellm-response-duration-ms': String(gateway.clock.now() - record.startedAtMs),
  });
  record.face.sendAnswer(exchange, answer);
}

async function answerStream(answering: Answering, routed: RoutedAnswer, chunks: AsyncIterable<Json>): Promise<void> {
  const { record, gateway, question, use } = answering;
  const collector = new AnswerCollector();
  const collected = collect(chunks, collector, () => (record.firstTokenAtMs ??= gateway.clock.now()));
  try {
    if (answering.guardrails.some(({ settings }) => settings.modes.has('post_call'))) await sendGuarded(answering, collected, collector);
    else await sendStream(answering, collected, false);
    if (use?.write === true && collector.isWhole) gateway.cache?.store(question, use, collector.answer());
  } catch (error) {
    throw error instanceof ProviderError ? toGatewayError(error, `Received Model Group=${record.call?.model ?? ''}`) : error;
  } finally {
    settle(record, routed, collector.usage ?? estimate(question.body, collector.text), collector.model);
    record.received = collector.answer();
  }
}

/** Guardrails of `post_call` see an answer whole before any of it is sent: with them a stream begins when the model has ended. */
async function sendGuarded(answering: Answering, chunks: AsyncIterable<Json>, collector: AnswerCollector): Promise<void> {
  const all: Json[] = [];
  for await (const chunk of chunks) all.push(chunk);
  const answer = collector.answer();
  const guarded = await guardAnswer(answering, answer);
  const isSame = JSON.stringify(guarded) === JSON.stringify(answer);
  await sendStream(answering, isSame ? all : chunksOf(guarded), true);
}

async function* collect(chunks: AsyncIterable<Json>, collector: AnswerCollector, onText: () => void): AsyncGenerator<Json> {
  for await (const chunk of chunks) {
    collector.add(chunk);
    if (deltaText(chunk) !== '') onText();
    yield chunk;
  }
}

/** Sends chunks as they come, no faster than the client reads. An error after the first one is told within the stream. */
async function sendStream(answering: Answering, chunks: Iterable<Json> | AsyncIterable<Json>, isRestored: boolean): Promise<void> {
  const { record, exchange, redaction, call, signal } = answering;
  const sink = record.face.openStream(exchange, record.id);
  const restorer = redaction.restorer();
  let last: Json | undefined;
  const send = async (chunk: Json): Promise<void> => {
    sink.write(chunk);
    if (exchange.response.writableNeedDrain) await once(exchange.response, 'drain', { signal });
  };
  try {
    for await (const chunk of chunks) {
      if (firstChoice(chunk) === undefined) {
        if (call.includeUsage || record.face.callType === 'anthropic_messages') await send(chunk);
        continue;
      }
      last = chunk;
      const ends = asText(firstChoice(chunk)?.['finish_reason']) !== '';
      const text = deltaText(chunk);
      const restored = isRestored ? text : restorer.push(text) + (ends ? restorer.end() : '');
      await send(restored === text ? chunk : withDeltaText(chunk, restored));
    }
    const rest = restorer.end();
    if (rest !== '' && last !== undefined) await send(withDeltaText(last, rest));
    sink.end();
  } catch (error) {
    if (exchange.signal.aborted) throw error;
    const told =
      error instanceof ProviderError
        ? toGatewayError(error, `Received Model Group=${call.model}`)
        : new GatewayError(500, 'Internal server error');
    sink.fail(told);
    throw told;
  }
}

function settle(record: CallRecord, { deployment }: RoutedAnswer, usage: Usage | undefined, model: string): void {
  record.usage = usage ?? record.usage;
  record.costUsd = costOf(record.usage, deployment.prices);
  record.responseModel = model;
}

/** Tokens of a stream that broke off before it told its usage. */
function estimate(body: Json, text: string): Usage {
  const asked = JSON.stringify(body['messages'] ?? body['prompt'] ?? '');
  return { inputTokens: tokenize(asked).length, outputTokens: tokenize(text).length, cachedTokens: 0 };
}
