# Pods that a reset has removed still answer for a moment; what is told to them is lost.
leaving=$(kubectl get pods -o json | jq -r '.items[] | select(.metadata.deletionTimestamp) | "pod/" + .metadata.name')
# shellcheck disable=SC2086 # one word a pod
[ -z "$leaving" ] || kubectl wait --for=delete $leaving --timeout=90s >/dev/null
kubectl rollout status deployment/gateway --timeout=90s >/dev/null
read -r master key <<< "$(kubectl get secret gateway-master app-key -o json | jq -r '[.items[].data[] | @base64d] | join(" ")')"
call() {
  curl --silent --show-error --fail --retry 10 --retry-connrefused --retry-delay 1 --max-time 15 --header "Authorization: Bearer $master" \
    --header 'Content-Type: application/json' --data "$2" "http://gateway.{{namespace}}.svc:4000$1" >/dev/null
}
terms="\"key\": \"$key\", \"models\": [\"{{model}}\"], \"rpm_limit\": 600, \"max_budget\": 20"
call /team/new '{"team_id": "{{team}}", "max_budget": 50, "budget_duration": "30d"}' 2>/dev/null || true
call /key/generate "{$terms, \"team_id\": \"{{team}}\", \"budget_duration\": \"30d\"}" 2>/dev/null || call /key/update "{$terms, \"spend\": 0}"
kubectl rollout status deployment/retrieval --timeout=90s >/dev/null
curl --silent --show-error --fail --retry 10 --retry-all-errors --retry-delay 1 --max-time 15 --request POST \
  http://retrieval.{{namespace}}.svc:8080/reindex >/dev/null
