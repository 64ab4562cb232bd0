import { z } from 'zod';
import { findProviderModel, providerModels, type ProviderModel } from '../../infra/images/provider/models.ts';
import { notYet, providerFault, providerField, proveByReply } from './provider-fault.ts';
import { describeReply } from './provider-client.ts';

/** The vendor has ended a model, as it had announced by mail. */
export const modelRetired = providerFault({
  id: 'model-retired',
  title: 'Retired model',
  symptom: 'The provider answers 404 for the model, and /v1/models does not list it any more; other models answer.',
  parameters: z.strictObject({
    ...providerField,
    /** By name or snapshot. Absent: the smallest chat model of the provider. */
    models: z.array(z.string().min(1)).min(1).max(10).optional(),
  }),
  member: 'retiredModels',
  plan: ({ models }, { face }) => ({ models: models ?? [smallestOf(face).id] }),
  prove: (client, { models }) => {
    const retired = findProviderModel(client.account.face, models[0] ?? '');
    if (retired?.kind !== 'chat') return Promise.resolve(notYet(`The provider has no chat model ${models[0] ?? ''}.`));
    return proveByReply(client, [{ model: retired, prompt: 'Repeat exactly: x', maxTokens: 1 }], (reply) =>
      reply.kind === 'refused' && reply.status === 404 ? describeReply(reply) : undefined,
    );
  },
});

function smallestOf(face: ProviderModel['face']): ProviderModel {
  const found = providerModels.find((model) => model.face === face && model.kind === 'chat' && model.size === 'small');
  if (found === undefined) throw new RangeError(`The face ${face} has no small chat model.`);
  return found;
}
