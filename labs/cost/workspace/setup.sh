#!/usr/bin/env bash
# Puts the assistant's gateway and the house's own model into the namespace as the team before you left them. Run again, it puts them back to that.
set -euo pipefail
cd "$(dirname "$0")"
has() { kubectl get secret "$1" >/dev/null 2>&1; }
has gateway-master || kubectl create secret generic gateway-master --from-literal=master-key="sk-$(openssl rand -hex 16)"
has app-key || kubectl create secret generic app-key --from-literal=api-key="sk-{{keyMark}}-$(openssl rand -hex 16)"
./prompt.sh long-prompt.txt
./configure.sh alpha-4
kubectl create configmap gateway-config --from-file=config.yaml --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -f gateway.yaml -f house-model.yaml
kubectl rollout status deployment/house-model --timeout=90s >/dev/null
./issue-keys.sh
