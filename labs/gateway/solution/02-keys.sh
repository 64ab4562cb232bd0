cat >> config.yaml <<'END'

general_settings:
  master_key: os.environ/GATEWAY_MASTER_KEY
  database_url: file:/var/lib/gateway/state.json
END
kubectl create secret generic gateway-master --from-literal=master-key="sk-$(openssl rand -hex 16)"
./apply.sh
./admin.sh /team/new '{"team_id": "{{appTeam}}", "max_budget": 50, "budget_duration": "30d"}'
key=$(./admin.sh /key/generate '{"team_id": "{{appTeam}}", "models": ["{{model}}"], "rpm_limit": 600, "max_budget": 20, "budget_duration": "30d"}' | jq -r .key)
kubectl create secret generic app-key --from-literal=api-key="$key"
