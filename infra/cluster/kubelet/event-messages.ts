/** The kubelet's events as 1.36 words them, in one table because such wording moves between versions. */
export const messages = {
  pulling: (image: string): string => `Pulling image "${image}"`,
  pulled: (image: string, took: string, sizeBytes: number): string =>
    `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${sizeBytes} bytes.`,
  present: (image: string): string => `Container image "${image}" already present on machine and can be accessed by the pod`,
  pullFailed: (image: string, why: string): string => `Failed to pull image "${image}": ${why}`,
  pullBackOff: (image: string): string => `Back-off pulling image "${image}"`,
  neverPull: (image: string): string => `Container image "${image}" is not present with pull policy of Never`,
  invalidName: (image: string, why: string): string => `Failed to apply default image tag "${image}": ${why}`,
  error: (why: string): string => `Error: ${why}`,
  created: 'Container created',
  started: 'Container started',
  stopping: (container: string): string => `Stopping container ${container}`,
  livenessRestart: (container: string): string => `Container ${container} failed liveness probe, will be restarted`,
  startupRestart: (container: string): string => `Container ${container} failed startup probe, will be restarted`,
  postStartFailed: 'PostStartHook failed',
  preStopFailed: 'PreStopHook failed',
  crashBackOff: (container: string, pod: string, namespace: string, uid: string): string =>
    `Back-off restarting failed container ${container} in pod ${pod}_${namespace}(${uid})`,
  mountFailed: (volume: string, why: string): string => `MountVolume.SetUp failed for volume "${volume}" : ${why}`,
  sandboxFailed: (why: string): string => `Failed to create pod sandbox: ${why}`,
  rejected: (why: string): string => `Pod was rejected: ${why}`,
  deadlineExceeded: 'Pod was active on the node longer than the specified deadline',
} as const;
