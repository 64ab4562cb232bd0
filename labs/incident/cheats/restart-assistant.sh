kubectl rollout restart deployment/retrieval
kubectl rollout status deployment/retrieval --timeout=120s
