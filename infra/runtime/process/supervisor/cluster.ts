import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { dnsServiceIp } from '../../dns/resolv-conf.ts';
import type { DnsResponder } from '../../dns/dns-responder.ts';
import {
  closedTraffic,
  type ContainerSpec,
  type PodSandbox,
  type PodSandboxSpec,
  type PodTraffic,
  type ServiceRoute,
} from '../../runtime.ts';
import type { PodWire } from '../shim/pod-wire.ts';
import type { WireImage, WirePod } from '../wire.ts';
import { planPodIp, podCidr, podPrefix, serviceCidr, type AddressBlock } from './address-blocks.ts';
import { Container, type ContainerHost } from './container.ts';
import { DatagramProxies, planDatagramForwardings } from './datagram-proxy.ts';
import { listedServices, renderHosts, rewriteInPlace, writePodFiles, writePodWire } from './pod-files.ts';
import { planMountRefusal } from './bwrap-options.ts';
import { planEffects, planPassage, planPodWire, type Endpoint, type Passage, type WireEffects } from './passage.ts';
import { planForwardings, ServiceProxies, type ProxyProblem } from './service-proxy.ts';
import type { WireDoor } from './wire-door.ts';
import { WireFailure } from './wire-failure.ts';

interface Pod {
  readonly spec: PodSandboxSpec;
  readonly sandbox: PodSandbox;
  readonly folder: string;
  readonly containers: Map<string, Container>;
  /** What its programs were last told of the wire. */
  wire?: PodWire | undefined;
}

/** One cluster's pods, addresses and Services as the supervisor holds them. */
export class SupervisedCluster {
  readonly clusterId: string;
  readonly block: AddressBlock;
  readonly #host: ContainerHost;
  readonly #folder: string;
  readonly #pods = new Map<string, Pod>();
  readonly #proxies: ServiceProxies;
  readonly #datagrams: DatagramProxies;
  readonly #dns: DnsResponder;
  readonly #door: WireDoor;
  readonly #onExit: (container: Container, podUid: string) => void;
  #services: readonly ServiceRoute[] = [];
  #traffic: readonly PodTraffic[] = [];
  /** Pods that started closed and have not been named yet. */
  readonly #closed = new Set<string>();
  #lastIp: string | undefined;

  constructor(options: {
    readonly host: ContainerHost;
    readonly clusterId: string;
    readonly block: AddressBlock;
    readonly folder: string;
    readonly dns: DnsResponder;
    readonly door: WireDoor;
    readonly onExit: (container: Container, podUid: string) => void;
    readonly onProxyProblem: ProxyProblem;
  }) {
    this.#host = options.host;
    this.clusterId = options.clusterId;
    this.block = options.block;
    this.#folder = options.folder;
    this.#onExit = options.onExit;
    this.#proxies = new ServiceProxies(options.onProxyProblem);
    this.#datagrams = new DatagramProxies(options.onProxyProblem);
    this.#dns = options.dns;
    this.#door = options.door;
    const passage = (source: string, target: Endpoint): Passage => this.#passage(source, target);
    this.#proxies.setPassage(passage);
    this.#door.setPassage(passage);
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  get ranges(): { readonly podCidr: string; readonly serviceCidr: string; readonly dnsPort: number } {
    return { podCidr: podCidr(this.block), serviceCidr: serviceCidr(this.block), dnsPort: this.#dns.port };
  }

  runPod(spec: PodSandboxSpec): PodSandbox {
    const present = this.#pods.get(spec.podUid);
    if (present !== undefined) return present.sandbox;
    const inUse = new Set([...this.#pods.values()].map(({ sandbox }) => sandbox.ip));
    const ip = planPodIp(this.block, inUse, this.#lastIp);
    if (ip === undefined) throw new WireFailure('AddressSpaceExhausted', `All addresses of ${podCidr(this.block)} are in use.`);
    this.#lastIp = ip;
    const folder = path.join(this.#folder, createHash('sha256').update(spec.podUid).digest('hex').slice(0, 24));
    writePodFiles(path.join(folder, 'pod'), { spec, ip }, listedServices(spec, this.#services), dnsServiceIp(serviceCidr(this.block)));
    const sandbox = { podUid: spec.podUid, ip };
    this.#pods.set(spec.podUid, { spec, sandbox, folder, containers: new Map() });
    if (spec.startsClosed === true && !this.#traffic.some(({ podUid }) => podUid === spec.podUid)) this.#closed.add(spec.podUid);
    this.#writeWires();
    return sandbox;
  }

  async removePod(podUid: string): Promise<void> {
    const pod = this.#pods.get(podUid);
    if (pod === undefined) return;
    await Promise.all([...pod.containers.values()].map(async (container) => container.remove()));
    this.#pods.delete(podUid);
    this.#closed.delete(podUid);
    rmSync(pod.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  listPods(): WirePod[] {
    return [...this.#pods.values()].map(({ spec, sandbox, containers }) => ({
      sandbox,
      namespace: spec.namespace,
      name: spec.name,
      containers: [...containers.values()].map(({ id, program, state }) => ({
        id,
        name: program.spec.name,
        attempt: program.spec.attempt,
        state,
      })),
    }));
  }

  createContainer(spec: ContainerSpec, image: WireImage): Container {
    const pod = this.#pods.get(spec.podUid);
    if (pod === undefined) throw new WireFailure('UnknownPod', `There is no sandbox for pod ${spec.podUid}.`);
    const id = containerId(`${this.#host.config.stateDir}/${this.clusterId}`, spec);
    const present = pod.containers.get(id);
    if (present !== undefined) return present;
    this.#requireMountable(spec);
    const folder = path.join(pod.folder, containerFolder(id));
    const place = {
      rootFolder: path.join(folder, 'root'),
      podFolder: path.join(pod.folder, 'pod'),
      podIp: pod.sandbox.ip,
      hostname: pod.spec.hostname,
    };
    const container = new Container(this.#host, { id, spec, image, place }, folder);
    pod.containers.set(id, container);
    return container;
  }

  #requireMountable({ mounts }: ContainerSpec): void {
    if (this.#host.config.isolation === 'none') return;
    for (const { containerPath } of mounts) {
      const refusal = planMountRefusal(containerPath);
      if (refusal !== undefined) throw new WireFailure('InvalidRequest', refusal);
    }
  }

  findContainer(id: string): Container | undefined {
    for (const pod of this.#pods.values()) {
      const container = pod.containers.get(id);
      if (container !== undefined) return container;
    }
    return undefined;
  }

  async startContainer(container: Container): Promise<string | undefined> {
    const { podUid } = container.program.spec;
    return container.start(() => this.#onExit(container, podUid));
  }

  async removeContainer(container: Container): Promise<void> {
    await container.remove();
    this.#pods.get(container.program.spec.podUid)?.containers.delete(container.id);
  }

  /** Names first: whoever resolves a Service before it listens is refused, which clients retry; the other way round they never ask again. */
  async programServices(services: readonly ServiceRoute[]): Promise<void> {
    this.#services = services;
    for (const { spec, sandbox, folder } of this.#pods.values())
      rewriteInPlace(path.join(folder, 'pod/hosts'), renderHosts({ spec, ip: sandbox.ip }, listedServices(spec, services)));
    this.#dns.setServices(services);
    await Promise.all([this.#proxies.program(planForwardings(services)), this.#datagrams.program(planDatagramForwardings(services))]);
  }

  /** Policies hold for connections that are opened from now on, faults for those that are open too, where they pass through here. */
  programTraffic(traffic: readonly PodTraffic[]): void {
    this.#traffic = traffic;
    for (const { podUid } of traffic) this.#closed.delete(podUid);
    this.#writeWires();
    const rule = (source: string, target: Endpoint): WireEffects => planEffects(traffic, this.#ipOf, source, target);
    this.#proxies.setEffects(rule);
    this.#door.setEffects(rule);
  }

  readonly #ipOf = (podUid: string): string | undefined => this.#pods.get(podUid)?.sandbox.ip;

  get #traffics(): readonly PodTraffic[] {
    return this.#closed.size === 0 ? this.#traffic : [...this.#traffic, ...[...this.#closed].map(closedTraffic)];
  }

  #passage(source: string, target: Endpoint): Passage {
    return planPassage(this.#traffics, this.#ipOf, source, target);
  }

  #writeWires(): void {
    const way = { door: this.#door.address, podPrefix: podPrefix(this.block) };
    const traffics = this.#traffics;
    for (const pod of this.#pods.values()) {
      const wire = planPodWire(traffics, this.#ipOf, pod.sandbox, way);
      if (!isDeepStrictEqual(wire, pod.wire)) writePodWire(path.join(pod.folder, 'pod'), wire);
      pod.wire = wire;
    }
  }

  /** Ends and removes all of it. */
  async close(): Promise<void> {
    await this.#proxies[Symbol.asyncDispose]();
    await this.#datagrams[Symbol.asyncDispose]();
    await this.#dns[Symbol.asyncDispose]();
    await this.#door[Symbol.asyncDispose]();
    await Promise.all([...this.#pods.keys()].map(async (podUid) => this.removePod(podUid)));
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Short, as paths below it may be long. */
export function containerFolder(id: string): string {
  return id.slice(0, 24);
}

/** The same for the same attempt, so that creating twice finds what is there. No other installation's: processes without namespaces are found by it. */
function containerId(cluster: string, { podUid, name, attempt }: ContainerSpec): string {
  return createHash('sha256')
    .update(JSON.stringify([cluster, podUid, name, attempt]))
    .digest('hex');
}
