/** Holds workspace, prober and what faults take away; nobody but Drillhouse sees it. */
export const systemNamespace = 'drillhouse-system';
