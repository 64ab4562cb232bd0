# The bleeding first: the key is blocked at once, and the desk waits until it has another.
leaked=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
./admin.sh /key/update "{\"key\": \"$leaked\", \"blocked\": true}"
key=$(./admin.sh /key/generate '{"key_alias": "desk-new", "team_id": "{{appTeam}}", "models": ["{{model}}"], "rpm_limit": 600, "max_budget": 20, "budget_duration": "30d"}' | jq -r .key)
kubectl patch secret app-key -p "{\"stringData\": {\"api-key\": \"$key\"}}"
kubectl delete configmap {{bundle}}
kubectl rollout restart deployment/desk
kubectl rollout status deployment/desk --timeout=120s
