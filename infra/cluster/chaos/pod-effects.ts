import type { ChaosRecord, PodChaos } from '../../chaos/chaos-types.ts';
import type { ApiClient } from '../client/api-client.ts';
import { isConflict, orAbsent } from '../client/api-errors.ts';
import { resources } from '../client/resources.ts';
import type { Container, Pod } from '../meta/generated/types.ts';
import { ChaosRefusal, targetOf, type ChaosEffects } from './chaos-context.ts';
import { podRef, type PodHands } from './pod-hands.ts';

/** Its program waits, whatever arguments it is given, as that of Kubernetes' pause image does. */
export const pauseReference = 'registry.lab/pause:1.0';
const KEPT_IMAGE = 'kept-image.chaos-mesh.org/';
/** The kubelet writes to pods as well. */
const MAX_TRIES = 5;

/** PodChaos: pods and containers that end, and pods whose images are replaced by one that does nothing. */
export class PodEffects implements ChaosEffects<PodChaos> {
  readonly #api: ApiClient;
  readonly #hands: PodHands;

  constructor(api: ApiClient, hands: PodHands) {
    this.#api = api;
    this.#hands = hands;
  }

  isOneShot({ spec }: PodChaos): boolean {
    return spec.action !== 'pod-failure';
  }

  isOfContainers({ spec }: PodChaos): boolean {
    return spec.action === 'container-kill';
  }

  async inject(chaos: PodChaos, record: ChaosRecord): Promise<void> {
    const { namespace, pod: name, container = '' } = targetOf(record);
    switch (chaos.spec.action) {
      case 'pod-kill':
        return this.#api.delete(resources.pods, name, namespace, { gracePeriodSeconds: chaos.spec.gracePeriod ?? 0 });
      case 'container-kill':
        return this.#hands.kill(podRef(await this.#api.get<Pod>(resources.pods, name, namespace)), container);
      case 'pod-failure':
        return this.#change(record, (pod) => planPause(pod, chaos.metadata.uid ?? ''));
    }
  }

  async recover(chaos: PodChaos, record: ChaosRecord): Promise<void> {
    if (chaos.spec.action === 'pod-failure') await this.#change(record, (pod) => planResume(pod, chaos.metadata.uid ?? ''));
  }

  async #change(record: ChaosRecord, plan: (pod: Pod) => Pod | undefined): Promise<void> {
    const { namespace, pod: name } = targetOf(record);
    for (let tries = 1; ; tries += 1) {
      const pod = await orAbsent(this.#api.get<Pod>(resources.pods, name, namespace));
      if (pod === undefined && record.phase === 'Not Injected') throw new ChaosRefusal(`pod ${record.id} is gone`);
      const next = pod === undefined ? undefined : plan(pod);
      if (next === undefined) return;
      try {
        await this.#api.update(resources.pods, next);
        return;
      } catch (error) {
        if (!isConflict(error) || tries === MAX_TRIES) throw error;
      }
    }
  }
}

/** The pod with paused containers, and what they ran in annotations; undefined where that is so already. */
export function planPause(pod: Pod, experiment: string): Pod | undefined {
  const containers = pod.spec?.containers ?? [];
  const kept = containers.map(({ name }) => keptImage(pod, name));
  const other = kept.find((one) => one !== undefined && one.experiment !== experiment);
  if (other !== undefined) throw new ChaosRefusal('another experiment has paused the pod');
  if (kept.every((one) => one !== undefined)) return undefined;
  const images = containers.map(({ name, image }) => [`${KEPT_IMAGE}${name}`, `${experiment} ${image ?? ''}`]);
  const annotations = { ...pod.metadata.annotations, ...Object.fromEntries(images) } as Record<string, string>;
  return withContainers(pod, annotations, (container) => ({ ...container, image: pauseReference }));
}

/** The pod as it was before the experiment; undefined where nothing of it is left. */
export function planResume(pod: Pod, experiment: string): Pod | undefined {
  const isOurs = (name: string): boolean => keptImage(pod, name)?.experiment === experiment;
  const names = (pod.spec?.containers ?? []).map(({ name }) => name).filter(isOurs);
  if (names.length === 0) return undefined;
  const ours = new Set(names.map((name) => `${KEPT_IMAGE}${name}`));
  const annotations = Object.fromEntries(Object.entries(pod.metadata.annotations ?? {}).filter(([key]) => !ours.has(key)));
  return withContainers(pod, annotations, (container) => {
    const kept = keptImage(pod, container.name);
    return kept?.experiment === experiment ? { ...container, image: kept.image } : container;
  });
}

function keptImage({ metadata }: Pod, container: string): { readonly experiment: string; readonly image: string } | undefined {
  const value = metadata.annotations?.[`${KEPT_IMAGE}${container}`];
  if (value === undefined) return undefined;
  const [experiment = '', image = ''] = value.split(' ');
  return { experiment, image };
}

function withContainers(pod: Pod, annotations: Record<string, string>, change: (container: Container) => Container): Pod {
  const { spec, metadata } = pod;
  return {
    ...pod,
    metadata: { ...metadata, annotations },
    ...(spec === undefined ? {} : { spec: { ...spec, containers: spec.containers.map(change) } }),
  };
}
