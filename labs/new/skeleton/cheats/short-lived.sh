# Well until the next restart: the running pod has read the Secret, and the next one will not find it.
kubectl rollout undo deployment/inference
kubectl rollout status deployment/inference --timeout=120s
kubectl delete secret inference-api-key
