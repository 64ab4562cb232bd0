#!/usr/bin/env bash
# Puts the three workloads into the namespace as the team before you left them. Run again, it puts them back to that.
set -euo pipefail
cd "$(dirname "$0")"
has() { kubectl get secret "$1" >/dev/null 2>&1; }
has gateway-master || kubectl create secret generic gateway-master --from-literal=master-key="sk-$(openssl rand -hex 16)"
has app-key || kubectl create secret generic app-key --from-literal=api-key="sk-{{keyMark}}-$(openssl rand -hex 16)"
kubectl apply -f legacy.yaml
for name in gateway desk board; do kubectl rollout status "deployment/$name" --timeout=90s; done
./admin.sh /team/new '{"team_id": "{{appTeam}}", "max_budget": 50, "budget_duration": "30d"}' >/dev/null || true
key=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
./admin.sh /key/generate "$(jq -n --arg key "$key" '{key: $key, key_alias: "desk-1", team_id: "{{appTeam}}", models: ["{{model}}"], rpm_limit: 3000, max_budget: 20, budget_duration: "30d"}')" >/dev/null || true
