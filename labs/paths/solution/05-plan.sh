kubectl scale deployment sorter --replicas=2
kubectl rollout status deployment/sorter --timeout=90s
