/**
 * What kubectl itself says otherwise since 1.32, with which the transcripts were recorded: the server has no part in it. Each rule
 * rewrites expected lines; everything else must be as recorded.
 */
const rules: readonly (readonly [RegExp, string])[] = [
  // Deletions name the namespace, of what is in one.
  [/^(?!customresourcedefinition)(\S+ "[^"]*") deleted$/gm, '$1 deleted from <ns> namespace'],
  // Objects made without a server have no creation time to be null.
  [/^ +creationTimestamp: null\n/gm, ''],
  [/^(error: container nope is not valid for pod box)$/gm, '$1 out of: box'],
  [
    /^(\$ kubectl autoscale .*--cpu-percent=.*\n)/gm,
    "$1Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n",
  ],
];

/** A transcript as kubectl 1.36 would have recorded it. */
export function forNewestClient(transcript: string): string {
  return rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), transcript);
}
