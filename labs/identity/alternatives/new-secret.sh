# A key of one's own choice; the copy is emptied rather than deleted, and the desk is rolled over to it.
leaked=$(kubectl get secret app-key -o json | jq -r '.data["api-key"] | @base64d')
key="sk-{{keyMark}}-$(openssl rand -hex 16)"
./admin.sh /key/generate "{\"key\": \"$key\", \"team_id\": \"{{appTeam}}\", \"models\": [\"{{model}}\"], \"rpm_limit\": 900, \"max_budget\": 20, \"budget_duration\": \"30d\"}" >/dev/null
kubectl create secret generic app-key --from-literal=api-key="$key" --dry-run=client -o yaml | kubectl apply -f -
kubectl patch configmap {{bundle}} --type=merge -p '{"data": {"reproduce.sh": "taken out, see ticket 40291"}}'
kubectl rollout restart deployment/desk
kubectl rollout status deployment/desk --timeout=120s
./admin.sh /key/delete "{\"keys\": [\"$leaked\"]}"
