import { ArtefactRecords } from '../artefacts/artefact-records.ts';
import { AttemptRecords } from '../attempts/attempt-records.ts';
import { EvidenceChain } from '../attempts/evidence-chain.ts';
import { HolderRecords } from '../attempts/holder-records.ts';
import { Supervisor } from '../attempts/supervisor.ts';
import type { Clock } from '../clock.ts';
import { IncidentRecords } from '../incidents/incident-records.ts';
import { createLogger } from '../log.ts';
import { Leadership } from '../replicas/leadership.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { readSetting, writeSetting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { createFakeCatalogue, type FakeLabControls } from './fake-lab.ts';
import type { FakeSubstrate } from './fake-substrate.ts';

export interface SupervisedOptions {
  readonly store: Store;
  readonly substrate: FakeSubstrate;
  readonly clock: Clock;
  readonly controls: FakeLabControls;
  readonly replicas: Replicas;
  readonly capacity?: number;
  /** Absent: as the replicas' leases say. */
  readonly leadership?: Leadership;
}

/** A supervisor over fakes, as a server starts one. */
export async function startSupervisor({ store: { db }, controls, capacity = 5, ...parts }: SupervisedOptions): Promise<Supervisor> {
  const evidence = new EvidenceChain();
  return Supervisor.start({
    ...parts,
    leadership: parts.leadership ?? (await Leadership.start(parts.replicas.leases, parts.clock)),
    holders: new HolderRecords(db, parts.replicas.id),
    catalogue: createFakeCatalogue(controls),
    records: new AttemptRecords(db),
    artefacts: new ArtefactRecords(db, evidence),
    incidents: new IncidentRecords(db),
    evidence,
    log: createLogger('silent'),
    capacity,
    flushStore: async () => undefined,
    lastAlive: {
      read: async () => Number((await readSetting(db, 'alive')) ?? parts.clock.now()),
      write: (atMs) => writeSetting(db, 'alive', String(atMs)),
    },
  });
}
