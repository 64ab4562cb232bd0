import { z } from 'zod';
import { leakedKeyName } from '../../grader/credentials.ts';
import { objectName } from '../../grader/endpoint.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import { systemNamespace } from '../../infra/substrate/system-namespace.ts';
import type { ConfigMap, Secret } from '../../infra/cluster/meta/generated/types.ts';
import { applyChanges, undoChanges, type Change } from './changes.ts';
import { askEndpoint, describeResult } from './component.ts';
import type { Fault, FaultTarget } from './fault.ts';
import { pastTheCache, question } from './gateway-calls.ts';

const parametersSchema = z.strictObject({
  /** Of the ConfigMap in which the key lies in clear text. */
  name: objectName,
  /** Whom the strangers' requests are made for, as the gateway books them. */
  endUser: z.string().min(1).max(60),
});

type Parameters = z.infer<typeof parametersSchema>;

/** So many that they stand out in the books, and few enough for the smallest limit. */
const STRANGE_REQUESTS = 12;

/**
 * The clients' key of an AI gateway was copied into something that is read by many, and strangers ask with it. Nothing fails: the key is valid, and goes on
 * being valid until somebody takes it back.
 */
export const leakedKey: Fault = {
  id: 'leaked-key',
  title: 'Leaked key',
  symptom:
    'The gateway’s books (/spend/logs) show requests with the application’s key for an end user that is none of its own; a ConfigMap holds the key in clear text.',
  leavesBehind:
    'The copies of the key are gone. What was asked with it stays in the gateway’s books, and the key is as valid as the trainee left it.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const settings = parametersSchema.parse(parameters);
    await applyChanges(target, leakedKey.id, () => plan(target, settings));
    await askAsStranger(target, settings, STRANGE_REQUESTS);
    return settings;
  },
  async prove(target, data) {
    const [result] = await askAsStranger(target, parametersSchema.parse(data), 1);
    if (result?.kind !== 'answered' || result.status !== 200)
      return { live: false, reason: `A stranger with the key got ${describeResult(result)}.` };
    return { live: true, seen: 'A stranger with the key is answered.' };
  },
  recover: (target) => undoChanges(target, leakedKey.id),
};

async function plan(target: FaultTarget, { name }: Parameters): Promise<readonly Change[]> {
  const { endpoint, credentials } = target;
  const key = await credentials.key('good');
  if (key.kind === 'absent' || key.value === undefined)
    throw new PlatformError('ApiFailed', `There is no key to give away${key.kind === 'absent' ? `: ${key.reason}` : '.'}`);
  const kept: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: leakedKeyName, namespace: systemNamespace },
    type: 'Opaque',
    data: { 'api-key': Buffer.from(key.value).toString('base64') },
  };
  const url = `http://${endpoint.service}.${endpoint.namespace}.svc:${endpoint.port}`;
  const copy: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: endpoint.namespace },
    data: { 'reproduce.sh': `# For the vendor's support, ticket 40291\ncurl -H "Authorization: Bearer ${key.value}" ${url}/v1/models\n` },
  };
  return [
    { kind: 'create', object: kept },
    { kind: 'create', object: copy },
  ];
}

async function askAsStranger(target: FaultTarget, { endUser }: Parameters, count: number): ReturnType<typeof askEndpoint> {
  const asks = Array.from({ length: count }, (_, index) =>
    question(target.endpoint.model, `Write offer ${index} for our customers.`, { ...pastTheCache, user: endUser, max_tokens: 48 }),
  );
  return askEndpoint(target, asks, { key: 'leaked', client: 'none', trust: 'any' });
}
