# The old index is left behind; the service builds one where there is none.
kubectl set env deployment/retrieval INDEX_PATH=/var/lib/retrieval/index-2.json
kubectl rollout status deployment/retrieval --timeout=120s
