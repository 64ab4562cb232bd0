#!/usr/bin/env bash
# Puts config.yaml (or the file that is named) into the cluster and lets the gateway start with it:
#   ./apply.sh config.yaml
# The gateway would also find a changed file by itself, within a minute; a restart is quicker, and takes up changed Secrets too.
set -euo pipefail
cd "$(dirname "$0")"
file=${1:-config.yaml}
kubectl create configmap gateway-config --from-file=config.yaml="$file" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
kubectl rollout restart deployment/gateway >/dev/null
if ! kubectl rollout status deployment/gateway --timeout=60s; then
  echo 'The gateway does not start. What it says:' >&2
  kubectl logs deployment/gateway --tail=15 >&2
  exit 1
fi
