kubectl rollout restart deployment/desk
kubectl rollout status deployment/desk --timeout=120s
./desk.sh 1
key=$(./admin.sh /key/generate '{"key_alias": "desk-2", "team_id": "{{appTeam}}", "models": ["{{model}}"], "rpm_limit": 3000, "max_budget": 20, "budget_duration": "30d"}' | jq -r .key)
kubectl patch secret app-key -p "{\"stringData\": {\"api-key\": \"$key\"}}"
./desk.sh 2
./admin.sh /key/delete '{"key_aliases": ["desk-1"]}'
