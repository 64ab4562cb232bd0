./admin.sh /team/new '{"team_id": "{{batchTeam}}", "max_budget": 50, "budget_duration": "30d"}'
key=$(./admin.sh /key/generate '{"team_id": "{{batchTeam}}", "models": ["{{model}}"], "rpm_limit": {{batchRpm}}, "max_budget": 20, "budget_duration": "30d"}' | jq -r .key)
kubectl create secret generic batch-key --from-literal=api-key="$key"
