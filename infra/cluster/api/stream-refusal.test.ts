import { expect, it } from 'vitest';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { KubeletRefusal } from '../meta/status-error.ts';
import { useAdminPlane } from '../testing/admin-plane.ts';
import type { ApiAnswer } from '../testing/api-caller.ts';

const admin = useAdminPlane();

const websocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol': 'v5.channel.k8s.io',
};

async function exec(container: string): Promise<ApiAnswer> {
  const path = `/api/v1/namespaces/default/pods/p/exec?command=ls&stdout=true&container=${container}`;
  return admin.caller.call('GET', path, { headers: websocket });
}

it('a stream is refused in a Status, but what the kubelet says is passed on in its words', async () => {
  const refusing: Pick<KubeletEndpoint, 'exec'> = {
    exec: () => Promise.reject(new KubeletRefusal('container not found ("c")')),
  };
  admin.plane.plane.setKubelet(refusing as KubeletEndpoint);
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
  await admin.caller.call('POST', '/api/v1/namespaces/default/pods', {
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
  });
  const kubelets = await exec('c');
  expect([kubelets.code, kubelets.headers['content-type'], kubelets.text]).toEqual([
    500,
    'text/plain; charset=utf-8',
    'container not found ("c")\n',
  ]);
  const servers = await exec('other');
  expect(servers.json()).toMatchObject({ kind: 'Status', code: 400, message: 'container other is not valid for pod p' });
});
