#!/usr/bin/env bash
# The application's key is in a Secret; the gateway learns of it here, with the limits that were agreed on.
set -euo pipefail
kubectl rollout status deployment/gateway --timeout=90s >/dev/null
secret() { kubectl get secret "$1" -o go-template='{{ index .data "'"$2"'" | base64decode }}'; }
master=$(secret gateway-master master-key)
call() {
  curl --silent --show-error --retry 10 --retry-connrefused --retry-delay 1 --max-time 15 --header "Authorization: Bearer $master" \
    --header 'Content-Type: application/json' --data "$2" "http://gateway.{{namespace}}.svc:4000$1"
}
call /team/new '{"team_id": "{{appTeam}}", "team_alias": "{{appTeam}}", "max_budget": 50, "budget_duration": "30d"}' >/dev/null
limits=$(jq -n --arg key "$(secret app-key api-key)" '{key: $key, models: ["{{model}}", "{{sorter}}"], rpm_limit: 6000, max_budget: 20}')
call /key/generate "$(jq '. + {key_alias: "{{appTeam}}-key", team_id: "{{appTeam}}", budget_duration: "30d"}' <<< "$limits")" |
  jq -e '(.key // empty), (.error.message // "" | select(contains("exists already")))' >/dev/null
call /key/update "$(jq '. + {spend: 0}' <<< "$limits")" | jq -e .key >/dev/null
