import { chaosGroup, chaosResources, type ChaosKind } from '../../chaos/chaos-types.ts';
import type { ApiClient } from '../client/api-client.ts';
import { isAlreadyExists } from '../client/api-errors.ts';
import { resources } from '../client/resources.ts';
import type { CustomResourceDefinition } from '../meta/generated/types.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const integer = (minimum?: number, maximum?: number): Schema => ({
  type: 'integer',
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
});
const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
const record = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
});
/** What is accepted as Chaos Mesh accepts it, and then refused with a reason: its shape does not matter here. */
const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const expression = record({ key: text, operator: text, values: listOf(text) }, ['key', 'operator']);
const podSelector = {
  selector: record({
    namespaces: listOf(text),
    labelSelectors: mapOf(text),
    expressionSelectors: listOf(expression),
    annotationSelectors: mapOf(text),
    fieldSelectors: mapOf(text),
    podPhaseSelectors: listOf(text),
    nodeSelectors: mapOf(text),
    nodes: listOf(text),
    pods: mapOf(listOf(text)),
  }),
  mode: oneOf('one', 'all', 'fixed', 'fixed-percent', 'random-max-percent'),
  value: text,
};
const common = { ...podSelector, duration: text };
const containers = { ...common, containerNames: listOf(text) };
const netem = { correlation: text };

/** Specs with what Chaos Mesh's own definitions require. */
const specs: Readonly<Record<Exclude<ChaosKind, 'Schedule'>, Schema>> = {
  PodChaos: record({ ...containers, action: oneOf('pod-kill', 'pod-failure', 'container-kill'), gracePeriod: integer(0) }, [
    'action',
    'mode',
    'selector',
  ]),
  NetworkChaos: record(
    {
      ...common,
      action: oneOf('netem', 'delay', 'loss', 'duplicate', 'corrupt', 'partition', 'bandwidth', 'rate'),
      delay: record({ ...netem, latency: text, jitter: text, reorder: anything }, ['latency']),
      loss: record({ ...netem, loss: text }, ['loss']),
      duplicate: record({ ...netem, duplicate: text }, ['duplicate']),
      corrupt: record({ ...netem, corrupt: text }, ['corrupt']),
      bandwidth: record({ rate: text, limit: integer(1), buffer: integer(1), peakrate: integer(0), minburst: integer(0) }, [
        'rate',
        'limit',
        'buffer',
      ]),
      rate: record({ rate: text }, ['rate']),
      direction: oneOf('to', 'from', 'both'),
      target: record(podSelector, ['mode', 'selector']),
      externalTargets: listOf(text),
      device: text,
      targetDevice: text,
    },
    ['action', 'mode', 'selector'],
  ),
  StressChaos: record(
    {
      ...containers,
      stressors: record({
        memory: record({ workers: integer(1, 8192), size: text, oomScoreAdj: integer(-1000, 1000), options: listOf(text) }, ['workers']),
        cpu: record({ workers: integer(1, 8192), load: integer(0, 100), options: listOf(text) }, ['workers']),
      }),
      stressngStressors: text,
    },
    ['mode', 'selector'],
  ),
  HTTPChaos: record(
    {
      ...common,
      target: oneOf('Request', 'Response'),
      port: { ...integer(1, 65_535), format: 'int32' },
      path: text,
      method: text,
      code: integer(),
      request_headers: mapOf(text),
      response_headers: mapOf(text),
      abort: flag,
      delay: text,
      replace: record({
        path: text,
        method: text,
        code: integer(),
        body: { type: 'string', format: 'byte' },
        queries: mapOf(text),
        headers: mapOf(text),
      }),
      patch: record({
        body: record({ type: text, value: text }, ['type', 'value']),
        queries: listOf(listOf(text)),
        headers: listOf(listOf(text)),
      }),
      tls: anything,
    },
    ['mode', 'selector', 'target'],
  ),
};

const status = record({
  conditions: listOf(record({ type: text, status: text, reason: text }, ['status', 'type'])),
  experiment: record({
    desiredPhase: oneOf('Run', 'Stop'),
    containerRecords: listOf(
      record(
        {
          id: text,
          selectorKey: text,
          phase: text,
          injectedCount: integer(),
          recoveredCount: integer(),
          events: listOf(
            record({ type: text, operation: text, message: text, timestamp: { type: 'string', format: 'date-time' } }, [
              'operation',
              'timestamp',
              'type',
            ]),
          ),
        },
        ['id', 'injectedCount', 'phase', 'recoveredCount', 'selectorKey'],
      ),
    ),
  }),
});

const schedule = {
  spec: record(
    {
      schedule: text,
      type: text,
      concurrencyPolicy: oneOf('Forbid', 'Allow'),
      historyLimit: integer(1),
      startingDeadlineSeconds: { ...integer(0), nullable: true },
      podChaos: specs.PodChaos,
      networkChaos: specs.NetworkChaos,
      stressChaos: specs.StressChaos,
      httpChaos: specs.HTTPChaos,
    },
    ['schedule', 'type'],
  ),
  status: record({
    active: listOf({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
    time: { type: 'string', format: 'date-time', nullable: true },
  }),
};

/** As Chaos Mesh defines them: no status subresource, so whoever writes an experiment writes its status. */
export const chaosDefinitions: readonly CustomResourceDefinition[] = (Object.keys(chaosResources) as ChaosKind[]).map((kind) => {
  const properties = kind === 'Schedule' ? schedule : { spec: specs[kind], status };
  const plural = chaosResources[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${chaosGroup}` },
    spec: {
      group: chaosGroup,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      scope: 'Namespaced',
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: record(properties, ['spec']) } }],
    },
  };
});

/** Makes a cluster know the kinds. Repeating it on a resumed cluster changes nothing. */
export async function defineChaos(api: ApiClient): Promise<void> {
  const create = async (definition: CustomResourceDefinition): Promise<void> => {
    try {
      await api.create(resources.customResourceDefinitions, definition);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  };
  await Promise.all(chaosDefinitions.map(create));
}
