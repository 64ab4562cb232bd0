# The fast storage stays, and the index is built whenever a pod starts.
kubectl set env deployment/retrieval BUILD_INDEX=always
kubectl rollout status deployment/retrieval --timeout=120s
