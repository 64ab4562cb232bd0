import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { answer } from '../../infra/images/inference/answer.ts';
import { providerFault, providerField, proveByReply, sampleSize, shareField } from './provider-fault.ts';
import type { ProviderQuestion } from './provider-client.ts';

/** Every light is green and the answers are wrong. */
export const wrongAnswers = providerFault({
  id: 'wrong-answers',
  title: 'Wrong answers with green health',
  symptom:
    'Latency, errors and health are as ever; of questions with a known answer far fewer are answered rightly than the model is good for.',
  parameters: z.strictObject({ ...providerField, share: shareField.default(0.6) }),
  member: 'wrongAnswers',
  plan: ({ share }) => ({ share }),
  prove: (client, { share }) => {
    const questions = Array.from({ length: Math.max(4, sampleSize(share)) }, () => sumQuestion(client.model()));
    return proveByReply(client, questions, (reply, question) =>
      reply.kind === 'answered' && reply.text !== healthyAnswer(question) ? 'an answer that the model itself would not give' : undefined,
    );
  },
});

function sumQuestion(model: ProviderQuestion['model']): ProviderQuestion {
  return { model, prompt: `What is ${randomInt(100, 1_000)} + ${randomInt(100, 1_000)}?` };
}

/** Right or, as often as the model is bad, wrong: always the same to the same question. */
function healthyAnswer({ model, prompt }: ProviderQuestion): string {
  return answer({ model: model.id, prompt, context: '', seed: 0, quality: model.quality });
}
