#!/usr/bin/env bash
# Who may do what in this namespace, as the API server itself answers it.
set -euo pipefail
may() { kubectl auth can-i "$@" 2>/dev/null || true; }
row() {
  printf '%-28s %-10s %-12s %-14s %-16s %s\n' "$1" "$(may list pods --as="$2")" "$(may list secrets --as="$2")" "$(may create pods --as="$2")" \
    "$(may delete deployments.apps --as="$2")" "${3:-}"
}
printf '%-28s %-10s %-12s %-14s %-16s %s\n' 'WHO' 'LIST PODS' 'LIST SECRETS' 'CREATE PODS' 'DELETE WORKLOADS' 'TOKEN IN THE POD'
for name in gateway desk board; do
  account=$(kubectl get deployment "$name" -o jsonpath='{.spec.template.spec.serviceAccountName}')
  pod=$(kubectl get pods -l "app=$name" -o json | jq '.items[0]')
  token=$(jq -r '[.spec.volumes[]?.projected.sources[]?.serviceAccountToken // empty | "\(.expirationSeconds) s"] | first // "none"' <<<"$pod")
  row "$name (as ${account:-default})" "system:serviceaccount:{{namespace}}:${account:-default}" "$token"
done
row 'anybody who is signed in' somebody
