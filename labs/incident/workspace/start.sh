#!/usr/bin/env bash
# Starts the assistant from the team's manifests; may be run again.
set -euo pipefail
cd "$(dirname "$0")"
for secret in gateway-master:master-key app-key:api-key; do
  name=${secret%%:*}
  kubectl get secret "$name" >/dev/null 2>&1 ||
    kubectl create secret generic "$name" --from-literal="${secret##*:}=sk-{{keyMark}}-$(openssl rand -hex 16)"
done
kubectl apply -f gateway.yaml -f retrieval.yaml
kubectl rollout status deployment/gateway --timeout=90s
key=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
./admin.sh /team/new '{"team_id": "{{team}}", "max_budget": 50, "budget_duration": "30d"}' >/dev/null || true
./admin.sh /key/generate "$(jq -n --arg key "$key" '{key: $key, team_id: "{{team}}", models: ["{{model}}"], rpm_limit: 600, max_budget: 20, budget_duration: "30d"}')" >/dev/null || true
kubectl rollout status deployment/retrieval --timeout=90s
./reindex.sh
