# Pods that a reset has removed still answer for a moment; what is told to them is lost.
until kubectl get pods -o json | jq -e '[.items[] | select(.metadata.deletionTimestamp)] | length == 0' >/dev/null; do sleep 0.2; done
kubectl rollout status deployment/gateway --timeout=90s >/dev/null
secret() { kubectl get secret "$1" -o json | jq -r ".data[\"$2\"] | @base64d"; }
master=$(secret gateway-master master-key)
call() {
  curl --silent --show-error --retry 10 --retry-connrefused --retry-delay 1 --max-time 15 --header "Authorization: Bearer $master" \
    --header 'Content-Type: application/json' --data "$2" "http://gateway.{{namespace}}.svc:4000$1"
}
call /team/new '{"team_id": "{{team}}", "max_budget": 50, "budget_duration": "30d"}' >/dev/null
call /key/generate "$(jq -n --arg key "$(secret app-key api-key)" \
  '{key: $key, team_id: "{{team}}", models: ["{{model}}"], rpm_limit: 600, max_budget: 20, budget_duration: "30d"}')" |
  jq -e '(.key // empty), (.error.message // "" | select(contains("exists already")))' >/dev/null
call /key/update "$(jq -n --arg key "$(secret app-key api-key)" '{key: $key, models: ["{{model}}"], rpm_limit: 600, max_budget: 20, spend: 0}')" |
  jq -e .key >/dev/null
kubectl rollout status deployment/retrieval --timeout=90s >/dev/null
curl --silent --show-error --fail --retry 10 --retry-all-errors --retry-delay 1 --max-time 15 --request POST \
  http://retrieval.{{namespace}}.svc:8080/reindex >/dev/null
