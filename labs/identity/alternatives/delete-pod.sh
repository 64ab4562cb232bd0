kubectl delete pod -l app=gateway
kubectl rollout status deployment/gateway --timeout=120s
