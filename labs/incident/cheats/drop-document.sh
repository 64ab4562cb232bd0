# What is not known cannot be stale.
kubectl patch configmap documents --type=json -p '[{"op": "remove", "path": "/data/expenses.md"}]'
kubectl rollout restart deployment/retrieval
kubectl rollout status deployment/retrieval --timeout=90s
./reindex.sh
