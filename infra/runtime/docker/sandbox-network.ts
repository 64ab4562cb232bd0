import type { NetworkInspectInfo } from 'dockerode';
import { RuntimeError } from '../runtime.ts';
import { engineMessage, statusCodeOf, toRuntimeError, translating, type Engine } from './engine.ts';
import { labelFilter, ownershipLabels, type Ownership } from './labels.ts';
import { formatSubnet, freeSubnets, gatewayOf, parseSubnet, type Subnet } from './subnets.ts';

/** Where sandboxes' networks are carved from. */
export interface NetworkPool {
  readonly pool: Subnet;
  /** Prefix length of one sandbox's network: 26 leaves room for 61 pods. */
  readonly prefix: number;
}

export interface SandboxNetwork {
  readonly id: string;
  readonly name: string;
  readonly subnet: Subnet;
  readonly gateway: string;
}

/** Takes up the cluster's network or makes one, on a subnet that no other network of this engine has. */
export async function openNetwork(engine: Engine, ownership: Ownership, from: NetworkPool): Promise<SandboxNetwork> {
  const existing = await findNetwork(engine, ownership);
  return existing ?? createNetwork(engine, ownership, from);
}

async function findNetwork(engine: Engine, ownership: Ownership): Promise<SandboxNetwork | undefined> {
  const filters = labelFilter(ownershipLabels(ownership));
  const [found] = await translating('listing networks', () => engine.calls.listNetworks({ filters }));
  return found === undefined ? undefined : toSandboxNetwork(found);
}

function toSandboxNetwork({ Id, Name, IPAM }: NetworkInspectInfo): SandboxNetwork {
  const subnet = parseSubnet(IPAM?.Config?.[0]?.Subnet ?? '');
  if (subnet === undefined) throw new RuntimeError('EngineFailed', `Network ${Name} has no IPv4 subnet.`);
  return { id: Id, name: Name, subnet, gateway: gatewayOf(subnet) };
}

async function createNetwork(engine: Engine, ownership: Ownership, { pool, prefix }: NetworkPool): Promise<SandboxNetwork> {
  const name = `drillhouse-${ownership.installation}-${ownership.clusterId}`;
  for (const subnet of freeSubnets(pool, prefix, await takenSubnets(engine), `${ownership.installation}/${ownership.clusterId}`)) {
    const id = await tryCreate(engine, name, subnet, ownership);
    if (id !== undefined) return { id, name, subnet, gateway: gatewayOf(subnet) };
  }
  throw new RuntimeError(
    'AddressSpaceExhausted',
    `No subnet of /${prefix} is free in ${formatSubnet(pool)}. End sandboxes or configure a larger pool.`,
  );
}

async function takenSubnets(engine: Engine): Promise<readonly Subnet[]> {
  const networks = await translating('listing networks', () => engine.calls.listNetworks());
  const cidrs = networks.flatMap((network) => network.IPAM?.Config ?? []).map((config) => config.Subnet ?? '');
  return cidrs.map(parseSubnet).filter((subnet) => subnet !== undefined);
}

/** Undefined when somebody else took the subnet in between, or the host routes it elsewhere. */
async function tryCreate(engine: Engine, name: string, subnet: Subnet, ownership: Ownership): Promise<string | undefined> {
  try {
    const network = await engine.calls.createNetwork({
      Name: name,
      CheckDuplicate: true,
      Driver: 'bridge',
      // No route beyond the bridge, and no other network's containers on it.
      Internal: true,
      EnableIPv6: false,
      IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet), Gateway: gatewayOf(subnet) }] },
      Labels: ownershipLabels(ownership),
    });
    return network.id;
  } catch (error) {
    if (statusCodeOf(error) === 403 || /overlap|in use/i.test(engineMessage(error))) return undefined;
    throw toRuntimeError(error, `making the network ${name}`);
  }
}
