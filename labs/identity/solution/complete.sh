# What is in no object of the namespace: its label, what was bound to its accounts for the whole cluster, and the gateway's books of keys.
kubectl label namespace {{namespace}} pod-security.kubernetes.io/enforce=restricted --overwrite >/dev/null
kubectl get clusterrolebindings -o json | jq -r '.items[] | select(any(.subjects[]?; .namespace == "{{namespace}}")) | .metadata.name' |
  xargs --no-run-if-empty kubectl delete clusterrolebinding >/dev/null || true
kubectl rollout status deployment/gateway --timeout=90s >/dev/null
./admin.sh /team/new '{"team_id": "{{appTeam}}", "max_budget": 50, "budget_duration": "30d"}' >/dev/null || true
key=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
order=$(jq -n --arg key "$key" '{key: $key, key_alias: "desk-2", team_id: "{{appTeam}}", models: ["{{model}}"], rpm_limit: 3000, max_budget: 20, budget_duration: "30d", blocked: false}')
./admin.sh /key/generate "$order" >/dev/null || ./admin.sh /key/update "$order" >/dev/null
