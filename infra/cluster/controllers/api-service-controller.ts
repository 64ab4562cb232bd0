import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists, orAbsent } from '../client/api-errors.ts';
import { keyOf } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { APIService, CustomResourceDefinition, Service } from '../meta/generated/types.ts';
import { timeText } from '../meta/times.ts';
import { availabilityOf, entryName, managedLabel, ownEntryNames, planApiService } from './api-service-plan.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';

/** Lists what the API server serves as APIServices, as Kubernetes' aggregator does. Entries for other servers are kept and never available. */
export function startApiServiceController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const held = informers.informer<APIService>(resources.apiServices);
  const definitions = informers.informer<CustomResourceDefinition>(resources.customResourceDefinitions);
  const services = informers.informer<Service>(resources.services);

  async function reconcile(name: string): Promise<undefined> {
    const wanted = planApiService(name, definitions.all());
    const found = held.get(name);
    if (found === undefined) {
      if (wanted !== undefined) await create(wanted);
    } else if (wanted === undefined && found.metadata.labels?.[managedLabel] !== undefined) {
      await orAbsent(api.delete(resources.apiServices, name));
    } else if (found.spec?.service !== undefined) {
      const conditions = availabilityOf(found, services.all(), timeText(clock.now()));
      if (!isDeepStrictEqual(conditions, found.status?.conditions))
        await api.update<APIService>(subresource(resources.apiServices, 'status'), { ...found, status: { conditions } });
    }
    return undefined;
  }

  /** Somebody else may have made it since it was looked for. */
  async function create(entry: APIService): Promise<void> {
    try {
      await api.create(resources.apiServices, entry);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  return startLoop(context, {
    name: 'apiservice',
    workers: 1,
    waitFor: [awaitable(held), awaitable(definitions), awaitable(services)],
    watch: (queue) => {
      const ofDefinitions = definitions.all().flatMap(({ spec }) => spec.versions.map(({ name }) => entryName(name, spec.group)));
      for (const name of [...ownEntryNames, ...ofDefinitions]) queue.add(name);
      return [
        onSelf(held, queue),
        definitions.subscribe(({ object }) => {
          for (const { name } of object.spec.versions) queue.add(entryName(name, object.spec.group));
        }),
        services.subscribe(() => {
          for (const entry of held.all()) if (entry.spec?.service !== undefined) queue.add(keyOf(entry));
        }),
      ];
    },
    reconcile,
  });
}
