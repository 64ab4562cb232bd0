next=$(kubectl get secret provider-keys-next -o json | jq -r '.data.BETA_API_KEY')
kubectl patch secret provider-keys -p "{\"data\": {\"BETA_API_KEY\": \"$next\"}}"
master=$(kubectl get secret gateway-master -o json | jq -r '.data["master-key"]')
kubectl patch secret app-key -p "{\"data\": {\"api-key\": \"$master\"}}"
kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
