import { setTimeout as delay } from 'node:timers/promises';
import { forEachBounded } from './bounded.ts';
import { forgiving, statusCodeOf, toRuntimeError, translating, type Engine } from './engine.ts';
import { label, labelFilter, ownershipLabels, type Ownership } from './labels.ts';

/** Removing a container is mostly waiting for the engine. */
const CONCURRENCY = 8;
/** The engine lets go of an address a moment after it removed the container. */
const NETWORK_RETRY_MS = [50, 100, 200, 400, 800, 1_600, 3_200];

/** Removes everything that carries one owner's labels; answers the names of what it removed. */
export async function removeOwned(engine: Engine, ownership: Ownership): Promise<readonly string[]> {
  const filters = labelFilter(ownershipLabels(ownership));
  const containers = await translating('listing containers', () => engine.calls.listContainers({ all: true, filters }));
  const isPause = (one: (typeof containers)[number]): boolean => one.Labels[label.role] === 'pause';
  const remove = (one: (typeof containers)[number]): Promise<void> =>
    forgiving('removing a container', () => engine.calls.getContainer(one.Id).remove({ force: true, v: true }), [404, 409]);
  await forEachBounded(
    containers.filter((one) => !isPause(one)),
    CONCURRENCY,
    remove,
  );
  await forEachBounded(containers.filter(isPause), CONCURRENCY, remove);
  const networks = await translating('listing networks', () => engine.calls.listNetworks({ filters }));
  await forEachBounded(networks, CONCURRENCY, (network) => removeNetwork(engine, network.Id));
  return [...containers.map((one) => (one.Names[0] ?? one.Id).replace(/^\//, '')), ...networks.map((network) => network.Name)];
}

async function removeNetwork(engine: Engine, id: string): Promise<void> {
  for (const retryMs of NETWORK_RETRY_MS) {
    try {
      await engine.calls.getNetwork(id).remove();
      return;
    } catch (error) {
      if (statusCodeOf(error) === 404) return;
      if (statusCodeOf(error) !== 403) throw toRuntimeError(error, 'removing a network');
      await delay(retryMs);
    }
  }
  await translating('removing a network', () => engine.calls.getNetwork(id).remove());
}

/** All clusters of an installation that have something on the engine. */
export async function listOwnedClusters(engine: Engine, installation: string): Promise<ReadonlySet<string>> {
  const filters = labelFilter({ [label.installation]: installation });
  const containers = await translating('listing containers', () => engine.calls.listContainers({ all: true, filters }));
  const networks = await translating('listing networks', () => engine.calls.listNetworks({ filters }));
  const ids = [...containers.map((one) => one.Labels[label.cluster]), ...networks.map((network) => network.Labels?.[label.cluster])];
  return new Set(ids.filter((id) => id !== undefined));
}
