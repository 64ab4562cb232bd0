next=$(kubectl get secret provider-keys-next -o json | jq -r '.data.BETA_API_KEY')
kubectl patch secret provider-keys -p "{\"data\": {\"BETA_API_KEY\": \"$next\"}}"
kubectl get configmap gateway-config -o json | jq -r '.data["config.yaml"]' | sed '/fallbacks:/,/backup/d' > alone.yaml
./apply.sh alone.yaml
