kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
