#!/usr/bin/env bash
# The application's key is in a Secret; the gateway learns of it here, with the limits that were agreed on.
set -euo pipefail
kubectl rollout status deployment/gateway --timeout=90s >/dev/null
read -r master key <<< "$(kubectl get secret gateway-master app-key -o json | jq -r '[.items[].data[] | @base64d] | join(" ")')"
call() {
  curl --silent --show-error --fail --retry 10 --retry-connrefused --retry-delay 1 --max-time 15 --header "Authorization: Bearer $master" \
    --header 'Content-Type: application/json' --data "$2" "http://gateway.{{namespace}}.svc:4000$1" >/dev/null
}
limits="\"key\": \"$key\", \"models\": [\"{{model}}\", \"{{sorter}}\"], \"rpm_limit\": 6000, \"max_budget\": 20"
call /team/new '{"team_id": "{{appTeam}}", "team_alias": "{{appTeam}}", "max_budget": 50, "budget_duration": "30d"}' 2>/dev/null || true
call /key/generate "{$limits, \"key_alias\": \"{{appTeam}}-key\", \"team_id\": \"{{appTeam}}\", \"budget_duration\": \"30d\"}" 2>/dev/null ||
  call /key/update "{$limits, \"spend\": 0}"
