#!/usr/bin/env bash
# The audit trail of the API server: who asked for what, and whether they got it.
#   ./audit.sh                        everything that is kept
#   ./audit.sh secrets                only what was asked of Secrets
# Which file it is depends on the cluster; here the API server hands it out itself. On a cluster of your company ask the platform team for it.
set -euo pipefail
if ! trail=$(kubectl get --raw /logs/kube-apiserver/audit.log 2>&1); then
  echo "This cluster does not hand out its audit trail here: $trail" >&2
  exit 1
fi
printf '%-9s %-5s %-7s %-34s %-46s %-26s %s\n' TIME CODE VERB WHAT USER POD AGENT
jq -r --arg kind "${1:-}" 'select(.objectRef.namespace == "{{namespace}}") | select($kind == "" or .objectRef.resource == $kind)
  | [.requestReceivedTimestamp[11:19], .responseStatus.code, .verb,
     .objectRef.resource + (if .objectRef.name then "/" + .objectRef.name else "" end),
     .user.username // "-", (.user.extra["authentication.kubernetes.io/pod-name"] // ["-"])[0], .userAgent] | @tsv' <<<"$trail" |
  while IFS=$'\t' read -r time code verb what user pod agent; do
    printf '%-9s %-5s %-7s %-34s %-46s %-26s %s\n' "$time" "$code" "$verb" "$what" "$user" "$pod" "$agent"
  done
