import { closedTraffic, RuntimeError, servicesFor, type PodTraffic, type ServiceRoute } from '../runtime.ts';
import { startExec } from './exec-session.ts';
import type { Engine } from './engine.ts';
import { delaysTo, planDelays } from './delay-rules.ts';
import { planFirewall } from './firewall.ts';
import { forEachBounded } from './bounded.ts';
import { dnsServiceIp, planResolvConf } from '../dns/resolv-conf.ts';
import { planHosts, type PodNames } from './service-names.ts';
import type { SandboxNetwork } from './sandbox-network.ts';
import { formatSubnet } from './subnets.ts';

/** A pod whose namespace is to be kept right. */
export interface ProgrammedPod {
  readonly podUid: string;
  readonly pauseId: string;
  readonly ip: string;
  readonly names: PodNames;
  /** Cut off from other pods until the traffic names it. */
  readonly startsClosed?: boolean;
}

/** Programming costs the engine an exec a pod: enough at once to be quick, few enough to leave the machine to the trainees. */
const CONCURRENCY = 4;
const MAX_ERROR_BYTES = 2_000;

/**
 * Keeps every pod's network namespace as the Services say: routes, nftables rules, hosts file, in one exec a pod, and only where
 * something has changed. Calls that come while one runs are put together into one that follows.
 */
export class NetworkProgrammer {
  readonly #engine: Engine;
  readonly #network: SandboxNetwork;
  readonly #serviceCidr: string;
  readonly #dnsPort: number | undefined;
  readonly #pods = new Map<string, ProgrammedPod>();
  /** What each pod's namespace was last made to be. */
  readonly #applied = new Map<string, string>();
  /** One program at a time a pod, or an older one could end last. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #adopted = new Set<string>();
  /** Pods that started closed and have not been named yet. */
  readonly #closed = new Set<string>();
  /** The tables that have been given since the start. */
  readonly #known = new Set<'services' | 'traffic'>();
  #services: readonly ServiceRoute[] = [];
  #traffic: ReadonlyMap<string, PodTraffic> = new Map();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** Without a port for DNS, names are in hosts files. */
  constructor(engine: Engine, network: SandboxNetwork, names: { readonly serviceCidr: string; readonly dnsPort: number | undefined }) {
    this.#engine = engine;
    this.#network = network;
    this.#serviceCidr = names.serviceCidr;
    this.#dnsPort = names.dnsPort;
  }

  /** Begins to program a pod's namespace; nothing may run in it before {@link ready} has resolved. */
  add(pod: ProgrammedPod): void {
    this.#pods.set(pod.podUid, pod);
    this.#applied.delete(pod.podUid);
    this.#adopted.delete(pod.podUid);
    if (pod.startsClosed === true && !this.#traffic.has(pod.podUid)) this.#closed.add(pod.podUid);
    this.#program(pod).catch(() => undefined);
  }

  /** Resolves when the pod's namespace is closed and knows the present Services. What failed is tried again; a failure now is thrown. */
  async ready(podUid: string): Promise<void> {
    const pod = this.#pods.get(podUid);
    if (pod === undefined) return;
    const isNew = !this.#applied.has(podUid);
    await this.#program(pod);
    // Its address is news to those that it sends to late.
    if (isNew && this.#traffic.get(podUid)?.faults.some(({ effect }) => effect.kind === 'latency') === true) await this.#programAll();
  }

  /**
   * Takes over a pod whose namespace an earlier process has closed. Its rules stay until both tables are known: with one of them alone a
   * pod would stand open, or without its Services, for a moment.
   */
  adopt(pod: ProgrammedPod): void {
    this.#pods.set(pod.podUid, pod);
    this.#adopted.add(pod.podUid);
  }

  remove(podUid: string): void {
    this.#adopted.delete(podUid);
    this.#closed.delete(podUid);
    this.#pods.delete(podUid);
    this.#applied.delete(podUid);
    this.#busy.delete(podUid);
  }

  setServices(services: readonly ServiceRoute[]): Promise<void> {
    this.#services = services;
    this.#known.add('services');
    return this.#programAll();
  }

  setTraffic(traffic: readonly PodTraffic[]): Promise<void> {
    this.#traffic = new Map(traffic.map((one) => [one.podUid, one]));
    for (const { podUid } of traffic) this.#closed.delete(podUid);
    this.#known.add('traffic');
    return this.#programAll();
  }

  async #programAll(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = forEachBounded([...this.#pods.values()], CONCURRENCY, (pod) => this.#program(pod)).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #program(pod: ProgrammedPod): Promise<void> {
    const before = this.#busy.get(pod.podUid) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#apply(pod));
    this.#busy.set(pod.podUid, mine);
    return mine;
  }

  async #apply(pod: ProgrammedPod): Promise<void> {
    if (this.#pods.get(pod.podUid) !== pod) return;
    if (this.#adopted.has(pod.podUid) && this.#known.size < 2) return;
    const wanted = this.#plan(pod);
    if (this.#applied.get(pod.podUid) === wanted) return;
    try {
      await runProgram(this.#engine, pod.pauseId, wanted);
    } catch (error) {
      // A pod that was removed meanwhile needs no network.
      if (this.#pods.get(pod.podUid) !== pod) return;
      throw error;
    }
    if (this.#pods.get(pod.podUid) === pod) this.#applied.set(pod.podUid, wanted);
  }

  #plan(pod: ProgrammedPod): string {
    const { subnet, gateway } = this.#network;
    const services = servicesFor(pod.names.searchNamespace, this.#services);
    const rules = planFirewall({
      podCidr: formatSubnet(subnet),
      gateway,
      services,
      dnsPort: this.#dnsPort,
      traffic: this.#closed.has(pod.podUid) ? closedTraffic(pod.podUid) : this.#traffic.get(pod.podUid),
    });
    const delays = planDelays(delaysTo(pod.ip, this.#traffic.values(), (podUid) => this.#pods.get(podUid)?.ip));
    // Hidden Services are not in the zone, which everybody may ask, but in the hosts files of those who may know them.
    const listed = this.#dnsPort === undefined ? services : services.filter(({ isHidden }) => isHidden === true);
    const hosts = planHosts({ ...pod.names, ip: pod.ip }, listed);
    const resolver =
      this.#dnsPort === undefined ? '' : planResolvConf(pod.names.searchNamespace, dnsServiceIp(this.#serviceCidr), [], pod.names.dns);
    const times = delays.queues === '' ? '' : `${delays.queues}\n`;
    const parts = [`${this.#serviceCidr} ${gateway}\n`, rules, delays.rules, times, hosts, resolver];
    return parts.map((part) => `${part}%%\n`).join('');
  }
}

/** Hands the input to the pause image's `program-network`. */
async function runProgram(engine: Engine, pauseId: string, input: string): Promise<void> {
  await using session = await startExec(engine, pauseId, { command: ['program-network'], tty: false, stdin: true });
  session.stdin?.end(input);
  session.stdout.resume();
  let problem = '';
  session.stderr?.on('data', (chunk: Buffer) => {
    problem = (problem + chunk.toString()).slice(0, MAX_ERROR_BYTES);
  });
  const { exitCode } = await session.exited;
  if (exitCode !== 0) throw new RuntimeError('EngineFailed', `Programming a pod's network ended with ${exitCode}: ${problem.trim()}`);
}
