import { componentFault, retrievalComponent } from './component.ts';
import { requireVolume, searchFor } from './retrieval-calls.ts';
import { planRollout, requireServing } from './template-change.ts';

/** The index moves to faster storage, and only its place does; to start faster it is no longer built at the start either. */
export const indexGone = componentFault({
  id: 'index-gone',
  title: 'Index gone',
  symptom: 'The service runs and answers 503 index_missing; retrieval_index_available is 0.',
  leavesBehind: 'The pods’ volumes, the container’s environment, the strategy and the change-cause are as before.',
  component: retrievalComponent,
  parameters: {},
  plan: async (target) => {
    const serving = await requireServing(target);
    const { name } = await requireVolume(target, 'INDEX_PATH', '/var/lib/retrieval/index.json');
    const volumes = (serving.deployment.spec?.template.spec?.volumes ?? []).map((volume) =>
      volume.name === name ? { name, emptyDir: {} } : volume,
    );
    return [
      planRollout(serving, {
        pod: { volumes },
        container: ({ env = [], args = [], ...container }) => ({
          ...container,
          args: args.filter((word, at) => !/^--build(=|$)/.test(word) && args[at - 1] !== '--build'),
          env: [...env.filter((variable) => variable.name !== 'BUILD_INDEX'), { name: 'BUILD_INDEX', value: 'never' }],
        }),
        cause: 'index on faster storage',
      }),
    ];
  },
  prove: async (target) => {
    const outcome = await searchFor(target, 'anything');
    return outcome.kind === 'refused' && outcome.code === 'index_missing'
      ? { live: true, seen: outcome.message }
      : {
          live: false,
          reason: `Searches are not refused for want of an index: ${outcome.kind === 'refused' ? outcome.code : outcome.kind}.`,
        };
  },
});
