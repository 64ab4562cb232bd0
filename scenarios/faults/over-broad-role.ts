import { z } from 'zod';
import { accountSubject, groupSubject, isAllowed } from '../../grader/access-review.ts';
import { objectName } from '../../grader/endpoint.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import type { Deployment, RoleBinding } from '../../infra/cluster/meta/generated/types.ts';
import type { Change } from './changes.ts';
import type { Fault, FaultTarget } from './fault.ts';
import { applyChanges, undoChanges } from './changes.ts';

const parametersSchema = z.strictObject({
  /** The workload whose service account is given too much; its own narrow bindings go. */
  deployment: objectName,
  /** Of the RoleBinding. */
  name: objectName,
  role: z.string().min(1).default('cluster-admin'),
  /** Given the same by the way. */
  group: z.string().min(1).default('system:authenticated'),
});

type Parameters = z.infer<typeof parametersSchema>;

/**
 * A hotfix at night: a workload was refused something, so its bindings were replaced by one to everything, and for everybody. It works, and goes on working:
 * whoever only takes the new binding away breaks it. It reaches no further than the namespace, because a cluster may be shared with others.
 */
export const overBroadRole: Fault = {
  id: 'over-broad-role',
  title: 'Over-broad role',
  symptom: 'kubectl auth can-i list secrets answers yes for any service account of the cluster; every workload does its work.',
  leavesBehind: 'The new RoleBinding is gone; the workload’s own are as before.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const settings = parametersSchema.parse(parameters);
    await applyChanges(target, overBroadRole.id, () => plan(target, settings));
    return settings;
  },
  async prove(target, data) {
    const { deployment, group } = parametersSchema.parse(data);
    const { objects, endpoint } = target;
    const account = accountSubject(endpoint.namespace, await accountOf(target, deployment));
    const question = { verb: 'list', resource: 'secrets', group: '', namespace: endpoint.namespace };
    for (const subject of [account, groupSubject(group)])
      if (!(await isAllowed(objects, subject, question)))
        return { live: false, reason: `${subject.user} (${subject.groups[0] ?? ''}) may not list Secrets.` };
    return { live: true, seen: `${account.user}, and whoever is in ${group}, may list the Secrets of ${endpoint.namespace}.` };
  },
  recover: (target) => undoChanges(target, overBroadRole.id),
};

async function plan(target: FaultTarget, { deployment, name, role, group }: Parameters): Promise<readonly Change[]> {
  const { namespace } = target.endpoint;
  const account = await accountOf(target, deployment);
  const bindings = await target.objects.list<RoleBinding>('RoleBinding', { namespace });
  const own = bindings.filter(({ subjects = [] }) => subjects.length > 0 && subjects.every((one) => isAccount(one, account, namespace)));
  const apiGroup = 'rbac.authorization.k8s.io';
  const object: RoleBinding = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: {
      name,
      namespace,
      annotations: { 'kubernetes.io/description': `${deployment} was refused something at 02:40; to be narrowed in the morning` },
    },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [
      { kind: 'ServiceAccount', name: account, namespace },
      { apiGroup, kind: 'Group', name: group },
    ],
  };
  return [
    { kind: 'create', object },
    ...own.map(({ metadata }): Change => ({ kind: 'remove', ref: { kind: 'RoleBinding', namespace, name: metadata.name } })),
  ];
}

function isAccount({ kind, name, namespace }: NonNullable<RoleBinding['subjects']>[number], account: string, home: string): boolean {
  return kind === 'ServiceAccount' && name === account && (namespace ?? home) === home;
}

async function accountOf({ objects, endpoint: { namespace } }: FaultTarget, name: string): Promise<string> {
  const deployment = await objects.find<Deployment>({ kind: 'Deployment', namespace, name });
  if (deployment === undefined) throw new PlatformError('ApiFailed', `There is no Deployment ${name} to inject a fault into.`);
  return deployment.spec?.template.spec?.serviceAccountName ?? 'default';
}
