// A process of its own that holds a company's cluster: see outside-program.ts. What happens to a server does not touch it.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OutsideCluster } from '../../infra/substrate/kubernetes/testing/outside-cluster.ts';

export interface OutsideOrder {
  /** Sandboxes at once. */
  readonly capacity: number;
  /** Sandboxes that are made ahead. */
  readonly warm: number;
}

const SANDBOXES_A_NODE = 12;

const ended = new Promise((resolve) => process.once('disconnect', resolve));
process.once('message', (order: OutsideOrder) => {
  void serve(order).catch((error: unknown) => {
    process.send?.({ error: error instanceof Error ? error.stack : String(error) });
    process.exit(1);
  });
});

async function serve({ capacity, warm }: OutsideOrder): Promise<void> {
  const cluster = await OutsideCluster.start(Math.ceil((capacity + warm) / SANDBOXES_A_NODE));
  const kubeconfig = await cluster.account('orchestrator');
  const clustersFile = path.join(cluster.folder, 'clusters.yaml');
  await writeFile(clustersFile, JSON.stringify({ installation: 'several', clusters: [{ name: 'east', kubeconfig, capacity, warm }] }));
  process.send?.({ clustersFile });
  await ended;
  await cluster[Symbol.asyncDispose]();
  process.exit(0);
}
