# The Secret is right; what runs read it before.
kubectl rollout restart deployment/gateway
kubectl rollout status deployment/gateway --timeout=120s
