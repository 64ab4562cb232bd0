import { z } from 'zod';
import { asClient, askEndpoint, jsonOf } from './component.ts';
import type { FaultTarget, Proof } from './fault.ts';
import { objectFault } from './object-fault.ts';
import { imageParameter, planRelease, proveServing } from './released-image.ts';

/** A release that is fast, healthy and wrong half the time. */
export const wrongAnswersRelease = objectFault({
  id: 'wrong-answers-release',
  title: 'Release with wrong answers and green health',
  symptom: 'Latency, errors and health are as ever; of questions with a known answer far fewer are answered rightly.',
  leavesBehind: 'The container’s image, the strategy and the change-cause are as before.',
  parameters: imageParameter('registry.lab/inference:1.5.1'),
  plan: (target, { image }) => planRelease(target, image),
  prove: (target) => proveServing(target, () => proveWrong(target)),
});

/** Always the same questions, and a model answers each always the same: the share does not come by chance. */
const QUESTIONS = Array.from({ length: 80 }, (_, index) => [1_000 + 37 * index, 11 + index] as const);
/** The worst of the models is right 84 times in a hundred, and the best half as often by such a release. */
const MOST_RIGHT = 0.65;

const answerSchema = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

async function proveWrong(target: FaultTarget): Promise<Proof> {
  const asks = QUESTIONS.map(([a, b]) => {
    const messages = [{ role: 'user', content: `What is ${a} + ${b}?` }];
    return { method: 'POST', path: '/v1/chat/completions', body: { model: target.endpoint.model, messages, max_tokens: 16 } } as const;
  });
  const answers = (await askEndpoint(target, asks, asClient)).map(
    (result) => answerSchema.safeParse(jsonOf(result)).data?.choices[0]?.message.content,
  );
  const answered = answers.filter((text) => text !== undefined).length;
  if (answered < QUESTIONS.length) return { live: false, reason: `Only ${answered} of ${QUESTIONS.length} questions were answered.` };
  const right = answers.filter((text, index) => text === sumOf(QUESTIONS[index])).length;
  const seen = `${right} of ${QUESTIONS.length} sums were right.`;
  return right / QUESTIONS.length <= MOST_RIGHT ? { live: true, seen } : { live: false, reason: seen };
}

function sumOf(question: readonly [number, number] | undefined): string | undefined {
  return question === undefined ? undefined : String(question[0] + question[1]);
}
