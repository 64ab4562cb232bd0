import type { Service } from '../meta/generated/types.ts';

/**
 * The environment variables that tell a container of Services: those of its own namespace where the pod has enableServiceLinks, and
 * always `kubernetes` of the namespace default, unless the own namespace has a Service of that name.
 */
export function serviceEnv(services: readonly Service[], namespace: string, areLinksEnabled: boolean): Record<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: of = '' } = service.metadata;
    const isMaster = of === 'default' && name === 'kubernetes';
    if (of === namespace && areLinksEnabled) chosen.set(name, service);
    else if (isMaster && !chosen.has(name)) chosen.set(name, service);
  }
  const variables: Record<string, string> = {};
  for (const name of [...chosen.keys()].sort()) Object.assign(variables, variablesOf(chosen.get(name)));
  return variables;
}

function variablesOf(service: Service | undefined): Record<string, string> {
  const { clusterIP = '', ports = [] } = service?.spec ?? {};
  if (service === undefined || clusterIP === '' || clusterIP === 'None') return {};
  const prefix = service.metadata.name.toUpperCase().replaceAll('-', '_');
  const [first] = ports;
  if (first === undefined) return {};
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: clusterIP,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
  };
  for (const { name, port } of ports) {
    if (name !== undefined && name !== '') variables[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll('-', '_')}`] = String(port);
  }
  const urlOf = (protocol: string, port: number): string => `${protocol.toLowerCase()}://${clusterIP}:${port}`;
  variables[`${prefix}_PORT`] = urlOf(first.protocol ?? 'TCP', first.port);
  for (const { protocol = 'TCP', port } of ports) {
    const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    variables[portPrefix] = urlOf(protocol, port);
    variables[`${portPrefix}_PROTO`] = protocol.toLowerCase();
    variables[`${portPrefix}_PORT`] = String(port);
    variables[`${portPrefix}_ADDR`] = clusterIP;
  }
  return variables;
}
