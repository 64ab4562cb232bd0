# The newest revision reserves more KV cache than the memory limit has room for: go back to the one before.
kubectl rollout undo deployment/inference
kubectl rollout status deployment/inference --timeout=120s
