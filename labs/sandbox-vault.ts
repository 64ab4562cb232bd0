import { gunzipSync, gzipSync } from 'node:zlib';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import type { Secret } from '../infra/cluster/meta/generated/types.ts';
import { ensureObject } from '../grader/ensure-object.ts';
import type { KubeObjects } from '../grader/kube-objects.ts';
import type { Vault } from '../scenarios/faults/fault.ts';

/** Kubernetes refuses Secrets of more than 1 MiB. */
const MAX_STORED_BYTES = 1_000_000;

/** Texts as Secrets in the namespace that the trainee cannot see, packed. They live and die with the sandbox. */
export class SandboxVault implements Vault {
  readonly #objects: KubeObjects;

  constructor(objects: KubeObjects) {
    this.#objects = objects;
  }

  async store(name: string, text: string): Promise<void> {
    const packed = gzipSync(text);
    if (packed.byteLength > MAX_STORED_BYTES) throw new RangeError(`${name} is too large to be kept: ${packed.byteLength} bytes.`);
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: nameOf(name), namespace: systemNamespace },
      type: 'Opaque',
      data: { text: packed.toString('base64') },
    };
    await ensureObject(this.#objects, secret);
  }

  async fetch(name: string): Promise<string | undefined> {
    const secret = await this.#objects.find<Secret>({ kind: 'Secret', namespace: systemNamespace, name: nameOf(name) });
    const packed = secret?.data?.['text'];
    return packed === undefined ? undefined : gunzipSync(Buffer.from(packed, 'base64')).toString('utf8');
  }

  async remove(name: string): Promise<void> {
    await this.#objects.remove({ kind: 'Secret', namespace: systemNamespace, name: nameOf(name) });
  }
}

function nameOf(name: string): string {
  return `vault-${name}`;
}
