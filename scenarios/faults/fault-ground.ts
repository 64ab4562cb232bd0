/** What the ground under sandboxes carries beside the objects of one namespace. */
export interface Ground {
  /** Each sandbox has a cluster of its own: nodes, cluster roles, quotas and policies are the trainee's to change. */
  readonly ownCluster: boolean;
  /** Experiments of Chaos Mesh are served. */
  readonly chaos: boolean;
}

type Demand = { readonly needs: keyof Ground; readonly because: string };

const needsCluster = (because: string): Demand => ({ needs: 'ownCluster', because });
const chaosMesh: Demand = {
  needs: 'chaos',
  because: 'it is an experiment of Chaos Mesh (chaos-mesh.org/v1alpha1), which the cluster does not serve',
};

/** Faults that are not made of the objects of one namespace alone, or whose remedy is not. All others work wherever a lab does. */
const demands: ReadonlyMap<string, Demand> = new Map([
  ['nodes-cordoned', needsCluster('it cordons nodes, and others work on them')],
  ['node-lost', needsCluster('it takes nodes away, and others work on them')],
  ['gpu-held', needsCluster('it takes the GPUs of a node, and others work on it')],
  ['wrong-node', needsCluster('its remedy is told from the nodes, which a trainee cannot read there')],
  ['dns-broken', needsCluster('it breaks the name server of the whole cluster')],
  ['over-broad-role', needsCluster('it binds and its remedy removes roles, which are not the trainee’s to change there')],
  ['quota-hit', needsCluster('its remedy is a quota, which is not the trainee’s to change there')],
  ['network-policy-too-tight', needsCluster('its remedy is a network policy, which is not the trainee’s to change there')],
  ['chaos-network-delay', chaosMesh],
  ['chaos-pod-kill', chaosMesh],
]);

/** Why the ground cannot carry a fault, as the end of a sentence; undefined where it can. Pure. */
export function findFaultRefusal(faultId: string, ground: Ground): string | undefined {
  const demand = demands.get(faultId);
  return demand === undefined || ground[demand.needs] ? undefined : demand.because;
}
