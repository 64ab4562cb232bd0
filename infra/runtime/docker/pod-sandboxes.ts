import { RuntimeError, type PodSandbox, type PodSandboxSpec } from '../runtime.ts';
import { pauseName, planPause, podFactsOf, podNamesOf } from './container-config.ts';
import type { ClusterContext } from './cluster-context.ts';
import { forgiving, statusCodeOf, toRuntimeError, translating } from './engine.ts';
import { label, labelFilter, ownershipLabels, pauseImage } from './labels.ts';
import type { PodRecord } from './pod-registry.ts';
import { formatSubnet, nextAddress } from './subnets.ts';

/** Pods of one cluster: each a pause container that owns an address and a network namespace. */
export class PodSandboxes {
  readonly #context: ClusterContext;
  readonly #pods = new Map<string, PodRecord>();
  readonly #starting = new Map<string, Promise<PodSandbox>>();
  /** Addresses of pods that are there or on their way. */
  readonly #addresses = new Set<string>();
  #lastAddress: string | undefined;

  constructor(context: ClusterContext) {
    this.#context = context;
  }

  /** Calls for one pod share one start. */
  run(spec: PodSandboxSpec): Promise<PodSandbox> {
    const known = this.#pods.get(spec.podUid);
    if (known !== undefined) return Promise.resolve({ podUid: known.podUid, ip: known.ip });
    const starting = this.#starting.get(spec.podUid) ?? this.#start(spec).finally(() => this.#starting.delete(spec.podUid));
    this.#starting.set(spec.podUid, starting);
    return starting;
  }

  async #start(spec: PodSandboxSpec): Promise<PodSandbox> {
    const ip = this.#takeAddress();
    try {
      const pauseId = await this.#createPause(spec, ip);
      await translating('starting a pod', () => this.#context.engine.calls.getContainer(pauseId).start());
      const { podUid, namespace, name } = spec;
      // Its containers can be made while its namespace is being closed: they wait for that when they start.
      this.#keep({ podUid, pauseId, ip, namespace, name, names: podNamesOf(spec), ...podFactsOf(spec) });
      return { podUid, ip };
    } catch (error) {
      await this.remove(spec.podUid).catch(() => undefined);
      this.#addresses.delete(ip);
      throw error;
    }
  }

  #takeAddress(): string {
    const { subnet } = this.#context.network;
    const ip = nextAddress(subnet, this.#addresses, this.#lastAddress);
    if (ip === undefined) throw new RuntimeError('AddressSpaceExhausted', `All pod addresses of ${formatSubnet(subnet)} are taken.`);
    this.#addresses.add(ip);
    this.#lastAddress = ip;
    return ip;
  }

  async #createPause(spec: PodSandboxSpec, ip: string): Promise<string> {
    const { engine, placement, network } = this.#context;
    const create = async (): Promise<string> => (await engine.calls.createContainer(planPause(spec, placement, network.name, ip))).id;
    try {
      return await create();
    } catch (error) {
      if (statusCodeOf(error) === 404)
        throw new RuntimeError('InvalidRequest', `Image ${pauseImage} is missing: run \`npm run images\`.`, { cause: error });
      // Left over from a start that failed in the middle: nothing depends on it.
      if (statusCodeOf(error) !== 409) throw toRuntimeError(error, 'creating a pod');
      await forgiving('removing a pod', () =>
        engine.calls.getContainer(pauseName(placement.ownership, spec.podUid)).remove({ force: true }),
      );
      return translating('creating a pod', create);
    }
  }

  /** Takes a pod whose pause container was started just now into the books, and closes its namespace. */
  async adopt(pod: PodRecord): Promise<void> {
    this.#keep(pod);
    await this.#context.programmer.ready(pod.podUid);
  }

  #keep(pod: PodRecord): void {
    this.#addresses.add(pod.ip);
    this.#context.programmer.add(pod);
    this.#pods.set(pod.podUid, pod);
  }

  /** Takes over a pod that has run all the time. */
  takeOver(pod: PodRecord): void {
    this.#addresses.add(pod.ip);
    this.#context.programmer.adopt(pod);
    this.#pods.set(pod.podUid, pod);
  }

  /** Removes whatever carries the pod's label; answers the containers' ids. */
  async remove(podUid: string): Promise<readonly string[]> {
    const { engine, placement, programmer } = this.#context;
    programmer.remove(podUid);
    const filters = labelFilter({ ...ownershipLabels(placement.ownership), [label.podUid]: podUid });
    const found = await translating('listing containers', () => engine.calls.listContainers({ all: true, filters }));
    const remove = (id: string): Promise<void> =>
      forgiving('removing a pod', () => engine.calls.getContainer(id).remove({ force: true, v: true }), [404, 409]);
    const isPause = (one: (typeof found)[number]): boolean => one.Labels[label.role] === 'pause';
    await Promise.all(found.filter((one) => !isPause(one)).map((one) => remove(one.Id)));
    await Promise.all(found.filter(isPause).map((one) => remove(one.Id)));
    const pod = this.#pods.get(podUid);
    if (pod !== undefined) this.#addresses.delete(pod.ip);
    this.#pods.delete(podUid);
    return found.map((one) => one.Id);
  }

  get(podUid: string): PodRecord | undefined {
    return this.#pods.get(podUid);
  }

  require(podUid: string): PodRecord {
    const pod = this.#pods.get(podUid);
    if (pod === undefined) throw new RuntimeError('UnknownPod', `No pod ${podUid} runs here.`);
    return pod;
  }

  all(): readonly PodRecord[] {
    return [...this.#pods.values()];
  }
}
