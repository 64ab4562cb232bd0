# Add, roll out, remove; then the copy that gave it away.
leaked=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
before=$(./desk.sh | jq .keys)
key=$(./admin.sh /key/generate '{"key_alias": "desk-3", "team_id": "{{appTeam}}", "models": ["{{model}}"], "rpm_limit": 3000, "max_budget": 20, "budget_duration": "30d"}' | jq -r .key)
kubectl patch secret app-key -p "{\"stringData\": {\"api-key\": \"$key\"}}"
./desk.sh $((before + 1))
./admin.sh /key/delete "{\"keys\": [\"$leaked\"]}"
kubectl delete configmap {{bundle}}
