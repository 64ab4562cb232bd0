import { isDeepStrictEqual } from 'node:util';
import { resources } from '../client/resources.ts';
import { builtInClusterRoles } from '../meta/cluster-roles.ts';
import type { ClusterRole, PolicyRule } from '../meta/generated/types.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';

/**
 * Fills ClusterRoles that have an aggregation rule with the rules of the roles that it selects. The built-in ones have their own rules as
 * a base here, where Kubernetes cuts them into `system:aggregate-to-…` roles.
 */
export function startClusterRoleAggregation(context: ControllerContext): AsyncDisposable {
  const { api, informers } = context;
  const roles = informers.informer<ClusterRole>(resources.clusterRoles);
  const base = new Map(builtInClusterRoles().map(({ metadata, rules = [] }) => [metadata.name, rules]));

  async function reconcile(name: string): Promise<undefined> {
    const role = roles.get(name);
    if (role?.aggregationRule === undefined) return undefined;
    const rules = aggregatedRules(role, roles.all(), base.get(name) ?? []);
    if (!isDeepStrictEqual(rules, role.rules ?? [])) await api.update<ClusterRole>(resources.clusterRoles, { ...role, rules });
    return undefined;
  }

  return startLoop(context, {
    name: 'clusterrole-aggregation',
    workers: 1,
    waitFor: [awaitable(roles)],
    watch: (queue) => [
      onSelf(roles, queue),
      roles.subscribe(({ type, object }) => {
        // Bootstrapping adds some seventy roles at once; those that exist look at all of them when their own turn comes.
        if (type === 'added' && Object.keys(object.metadata.labels ?? {}).length === 0) return;
        for (const { metadata, aggregationRule } of roles.all()) if (aggregationRule !== undefined) queue.add(metadata.name);
      }),
    ],
    reconcile,
  });
}

/** The base, then the rules of the selected roles by name, each rule once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[], base: readonly PolicyRule[]): PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const selected = all
    .filter(
      ({ metadata }) =>
        metadata.name !== role.metadata.name && selectors.some((selector) => labelSelectorMatches(selector, metadata.labels)),
    )
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of [...base, ...selected.flatMap((each) => each.rules ?? [])]) {
    if (!rules.some((held) => isDeepStrictEqual(held, rule))) rules.push(rule);
  }
  return rules;
}
