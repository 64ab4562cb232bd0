import type { Pod } from '../meta/generated/types.ts';

/** The host's ports that a pod asks for, as `TCP/8080`. */
export function containerPorts(pod: Pod): readonly string[] {
  return (pod.spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, protocol = 'TCP' }) => (hostPort === undefined || hostPort === 0 ? [] : [`${protocol}/${hostPort}`])),
  );
}
