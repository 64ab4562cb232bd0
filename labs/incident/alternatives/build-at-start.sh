# Every start builds the index from what the documents say then.
kubectl set env deployment/retrieval BUILD_INDEX=always
kubectl rollout status deployment/retrieval --timeout=120s
