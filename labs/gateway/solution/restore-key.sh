# The key for beta has expired. The next one has been lying ready.
next=$(kubectl get secret provider-keys-next -o json | jq -r '.data.BETA_API_KEY')
kubectl patch secret provider-keys -p "{\"data\": {\"BETA_API_KEY\": \"$next\"}}"
kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
