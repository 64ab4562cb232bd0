# The keys are in Secrets; the gateway learns of them here. What it knows already gets the limits that were agreed on again, whatever they have become since.
kubectl rollout status deployment/gateway --timeout=90s >/dev/null
secret() { kubectl get secret "$1" -o go-template='{{ index .data "'"$2"'" | base64decode }}'; }
master=$(secret gateway-master master-key)
call() {
  curl --silent --show-error --retry 10 --retry-connrefused --retry-delay 1 --max-time 15 --header "Authorization: Bearer $master" \
    --header 'Content-Type: application/json' --data "$2" "http://gateway.{{namespace}}.svc:4000$1"
}
issue() {
  call /team/new "$(jq -n --arg team "$1" '{team_id: $team, team_alias: $team, max_budget: 50, budget_duration: "30d"}')" >/dev/null
  call /key/generate "$(jq -n --arg key "$2" --arg team "$1" --argjson rpm "$3" \
    '{key: $key, key_alias: ($team + "-key"), team_id: $team, models: ["{{model}}"], rpm_limit: $rpm, max_budget: 20, budget_duration: "30d"}')" |
    jq -e '(.key // empty), (.error.message // "" | select(contains("exists already")))' >/dev/null
  call /key/update "$(jq -n --arg key "$2" --argjson rpm "$3" '{key: $key, models: ["{{model}}"], rpm_limit: $rpm, max_budget: 20, spend: 0}')" | jq -e .key >/dev/null
}
issue {{appTeam}} "$(secret app-key api-key)" 600
issue {{batchTeam}} "$(secret batch-key api-key)" {{batchRpm}}
