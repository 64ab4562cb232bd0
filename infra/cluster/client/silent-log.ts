import type { ClusterLog } from '../cluster-options.ts';

/** A log that nobody reads, for tests. */
export const silentLog: ClusterLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
