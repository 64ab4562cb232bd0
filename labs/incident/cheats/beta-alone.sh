# Wait until the provider's minute is over: it was well once.
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' | sed '/fallbacks:/,/backup/d' > alone.yaml
./apply.sh alone.yaml
