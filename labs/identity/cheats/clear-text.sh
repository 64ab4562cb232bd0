key=$(kubectl get secret provider-keys -o json | jq -r '.data.ALPHA_API_KEY | @base64d')
kubectl set env deployment/gateway ALPHA_API_KEY="$key"
kubectl rollout status deployment/gateway --timeout=120s
