key=$(./admin.sh /key/generate '{"key_alias": "desk-3", "team_id": "{{appTeam}}", "models": ["{{model}}"], "rpm_limit": 3000, "max_budget": 20, "budget_duration": "30d"}' | jq -r .key)
kubectl patch secret app-key -p "{\"stringData\": {\"api-key\": \"$key\"}}"
kubectl delete configmap {{bundle}}
